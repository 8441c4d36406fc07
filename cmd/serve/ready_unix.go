//go:build unix

package serve

import (
	"os"
	"syscall"
)

// openReady takes over the descriptor that is told the addresses. It has to be
// one that the caller passed on: a pipe, a socket, a file or a device. The
// runtime's own descriptors are none of these.
func openReady(fd int) (*os.File, error) {
	if fd < 0 {
		return nil, nil
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, refuse("ready-fd", "descriptor %d is not open: %v", fd, err)
	}
	if st.Mode&syscall.S_IFMT == 0 {
		return nil, refuse("ready-fd", "descriptor %d was not passed on to this process", fd)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "ready"), nil
}
