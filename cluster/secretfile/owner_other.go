//go:build !unix

package secretfile

import "io/fs"

// ownerOf knows no owner where users have no numbers.
func ownerOf(fs.FileInfo) (uid uint32, known bool) { return 0, false }
