//go:build !unix

package serve

import "os"

// openReady knows no way to take over a descriptor on this system.
func openReady(fd int) (*os.File, error) {
	if fd < 0 {
		return nil, nil
	}
	return nil, refuse("ready-fd", "descriptors can't be passed on to processes on this system")
}
