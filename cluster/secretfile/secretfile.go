// Package secretfile reads files of keys and other secrets, and decides whether
// such a file is closed enough to those whom the secret is not for.
package secretfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

var (
	// ErrTooLarge reports a file that is larger than it may be.
	ErrTooLarge = errors.New("file is too large")
	// ErrExposed reports a file that others than those whom its secret is for may read
	// or write.
	ErrExposed = errors.New("it is secret, and others than its owner can read or write it")
)

// Read returns what is in a file of at most so many bytes, else ErrTooLarge. Before
// anything is read, check is given what is known of the open file, whose name may
// stand for another one by then; its error is returned as it is. Nil checks nothing.
func Read(file string, most int64, check func(fs.FileInfo) error) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if check != nil {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if err := check(info); err != nil {
			return nil, err
		}
	}
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, ErrTooLarge
	}
	return content, nil
}

// Closed refuses the file of a secret, with ErrExposed and its mode, that others than
// those whom the secret is for may read or write. Info is that of the open file: a name
// may stand for another one by now. It is a check for Read.
//
// A file may be open to its owner alone. There is one exception, for processes that
// are not root's: a file of root's that its group may read, mode 0440 or 0640.
// Orchestrators hand out secrets so. They give the file to root and a group of its
// own to the process, which could neither read the file otherwise nor, since it is
// not the owner, close it; and root, who chose the group, could read it anyway. Where
// the process is root, the group is somebody else's.
func Closed(info fs.FileInfo) error {
	owner, known := ownerOf(info)
	mode := info.Mode().Perm()
	if exposed(mode, known && owner == 0, os.Geteuid() == 0) {
		return fmt.Errorf("%w: its mode is %04o and should be 0600", ErrExposed, mode)
	}
	return nil
}

// exposed is the rule, for a file that may be root's and a process that may be.
func exposed(mode fs.FileMode, ofRoot, asRoot bool) bool {
	if mode&0o077 == 0 {
		return false
	}
	handedOut := mode == 0o440 || mode == 0o640
	return !handedOut || !ofRoot || asRoot
}
