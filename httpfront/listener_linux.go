package httpfront

import (
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	sendBuffer  = 16 << 10 // bytes; the kernel doubles it for its bookkeeping
	userTimeout = 30_000   // ms without an acknowledgement for what was sent
)

// tuneListener sets what accepted connections inherit.
func tuneListener(_, _ string, c syscall.RawConn) error {
	var sockErr error
	err := c.Control(func(fd uintptr) {
		sockErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
		if sockErr == nil {
			sockErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, userTimeout)
		}
	})
	if err != nil {
		return err
	}
	return sockErr
}
