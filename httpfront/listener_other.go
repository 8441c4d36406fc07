//go:build !linux

package httpfront

import "syscall"

// tuneListener has nothing to set: what it would set is not inherited here.
func tuneListener(_, _ string, _ syscall.RawConn) error { return nil }
