//go:build unix

package secretfile

import (
	"io/fs"
	"syscall"
)

// ownerOf returns the user id of a file's owner, if the file has one.
func ownerOf(info fs.FileInfo) (uid uint32, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}
