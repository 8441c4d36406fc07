// Package secretfile decides whether a file that holds a secret is closed enough
// to those whom the secret is not for.
package secretfile

import (
	"io/fs"
	"os"
)

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
