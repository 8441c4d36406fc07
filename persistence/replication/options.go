package replication

import "github.com/parlor-sse/parlor/persistence"

const (
	// DefaultWindow is how many records a core keeps in memory.
	DefaultWindow = 1024
	// DefaultWindowBytes is how many bytes of records a core keeps in memory.
	DefaultWindowBytes = 1 << 20
)

// Options configure a Core.
type Options struct {
	Self        string // name of this node; not empty
	Life        uint64 // of this node's store; not 0
	Incarnation uint64 // unique to this process among all processes ever; not 0

	// Window is how many records are kept in memory: DefaultWindow when zero,
	// at least History.
	Window int
	// WindowBytes is how many bytes of records are kept in memory:
	// DefaultWindowBytes when zero. The newest History records are kept whatever
	// their size.
	WindowBytes int
	// History is how many of its newest records the store keeps:
	// persistence.DefaultHistory when zero.
	History int
}

func (o Options) withDefaults() Options {
	if o.History <= 0 {
		o.History = persistence.DefaultHistory
	}
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	if o.WindowBytes <= 0 {
		o.WindowBytes = DefaultWindowBytes
	}
	o.Window = max(o.Window, o.History)
	return o
}
