//go:build !linux

package fanout

// detached has no means on this system: every stream is portable.
type detached struct{}

func (*detached) open(Config) error      { return nil }
func (*detached) add(*Stream, Spec) bool { return false }
func (*detached) homes() []home          { return nil }
func (*detached) counters() []*counters  { return nil }
func (*detached) close()                 {}
