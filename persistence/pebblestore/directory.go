package pebblestore

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"

	"github.com/parlor-sse/parlor/persistence"
)

// dirMode keeps what rooms say from other users of the machine.
const dirMode = 0o700

// makeDir creates dir and what is missing above it, durably: an entry that a
// power cut could take away would take the store with it.
func makeDir(fsys vfs.FS, dir string) error {
	var created []string
	for p := dir; ; {
		info, err := fsys.Stat(p)
		if err == nil {
			if !info.IsDir() {
				return fmt.Errorf("%s: %w", p, syscall.ENOTDIR)
			}
			break
		}
		parent := fsys.PathDir(p)
		if !errors.Is(err, fs.ErrNotExist) || parent == p {
			return err
		}
		created = append(created, p)
		p = parent
	}
	if len(created) == 0 {
		return nil
	}
	if err := fsys.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	for _, p := range created {
		if err := syncDir(fsys, fsys.PathDir(p)); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(fsys vfs.FS, dir string) error {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lockDir takes the lock that keeps other processes from dir. It does not
// wait.
func lockDir(fsys vfs.FS, dir string) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, fsys)
	if err == nil {
		return lock, nil
	}
	var (
		path  *fs.PathError
		errno syscall.Errno
	)
	switch {
	case errors.As(err, &path):
		return nil, fmt.Errorf("directory is not writable: %w", err)
	case errors.As(err, &errno) && errno != syscall.EAGAIN && errno != syscall.EACCES:
		return nil, fmt.Errorf("lock directory: %w", err)
	}
	// What is left is the lock itself: held by another process, or, which has
	// no error number, by this one.
	return nil, fmt.Errorf("%w (%v)", persistence.ErrLocked, err)
}

// checkPebbleFormat reports a directory that a newer Pebble wrote. Opening it
// would fail too, but with an error that cannot be told from others.
func checkPebbleFormat(fsys vfs.FS, dir string) error {
	const marker = "format-version"
	text, err := atomicfs.ReadMarker(fsys, dir, marker)
	if err != nil {
		return fmt.Errorf("read format marker: %w", err)
	}
	if text == "" {
		return nil
	}
	version, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("format marker %q: %w", text, persistence.ErrCorrupt)
	}
	if newest := uint64(pebble.FormatNewest); version > newest {
		return fmt.Errorf("table format %d, known is %d: %w", version, newest, persistence.ErrFormat)
	}
	return nil
}
