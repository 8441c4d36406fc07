package pebblestore

import (
	"fmt"
	"path"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logFS calls fatal when a new log cannot be created. Pebble would panic with
// a mutex in a state that turns the panic into a crash of the runtime, and the
// line that says "no space left on device" would be lost in it.
type logFS struct {
	vfs.FS
	fatal func(error)
}

// Create implements vfs.FS.
func (l logFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, category)
	l.check(name, err)
	return f, err
}

// ReuseForWrite implements vfs.FS.
func (l logFS) ReuseForWrite(oldName, newName string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(oldName, newName, category)
	l.check(newName, err)
	return f, err
}

// Unwrap implements vfs.FS.
func (l logFS) Unwrap() vfs.FS { return l.FS }

func (l logFS) check(name string, err error) {
	if err != nil && path.Ext(name) == ".log" {
		l.fatal(fmt.Errorf("create log: %w", err))
	}
}
