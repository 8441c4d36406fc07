package sseclients

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// userTimeout is for how long the peer may acknowledge nothing of what it was
// sent, in milliseconds.
const userTimeout = 30_000

// giveUp makes the kernel end a connection whose peer has vanished.
func giveUp(conn net.Conn) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, userTimeout)
	})
}
