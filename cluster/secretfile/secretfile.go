// Package secretfile reads files of keys and other secrets, and decides whether
// such a file is closed enough to those whom the secret is not for.
package secretfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrTooLarge reports a file that is larger than it may be.
var ErrTooLarge = errors.New("file is too large")

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

// Exposed reports whether others than those whom a secret is for may read or write
// its file. Info is that of the open file: a name may stand for another one by now.
//
// A file may be open to its owner alone. There is one exception, for processes that
// are not root's: a file of root's that its group may read, mode 0440 or 0640.
// Orchestrators hand out secrets so. They give the file to root and a group of its
// own to the process, which could neither read the file otherwise nor, since it is
// not the owner, close it; and root, who chose the group, could read it anyway. Where
// the process is root, the group is somebody else's.
func Exposed(info fs.FileInfo) bool {
	owner, known := ownerOf(info)
	return exposed(info.Mode().Perm(), known && owner == 0, os.Geteuid() == 0)
}

// exposed is the rule, for a file that may be root's and a process that may be.
func exposed(mode fs.FileMode, ofRoot, asRoot bool) bool {
	if mode&0o077 == 0 {
		return false
	}
	handedOut := mode == 0o440 || mode == 0o640
	return !handedOut || !ofRoot || asRoot
}
