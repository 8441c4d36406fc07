//go:build unix

package httpfront

import "golang.org/x/sys/unix"

// descriptorLimit returns how many descriptors this process may have.
func descriptorLimit() uint64 {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return 1024
	}
	return uint64(lim.Cur)
}
