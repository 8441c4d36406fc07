package e2e_test

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// dialer connects to a server.
type dialer func() (net.Conn, error)

// tcp connects over plain TCP.
func tcp(addr string) dialer {
	return func() (net.Conn, error) { return net.DialTimeout("tcp", addr, proctest.Patience) }
}

// smallWindow connects with a receive buffer of 4 KiB.
func smallWindow(addr string) dialer {
	d := net.Dialer{Timeout: proctest.Patience, Control: func(_, _ string, c syscall.RawConn) error {
		var sockErr error
		err := c.Control(func(fd uintptr) {
			sockErr = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		})
		return errors.Join(err, sockErr)
	}}
	return func() (net.Conn, error) { return d.Dial("tcp", addr) }
}

// overTLS connects by TLS.
func overTLS(dial dialer, config *tls.Config) dialer {
	return func() (net.Conn, error) {
		conn, err := dial()
		if err != nil {
			return nil, err
		}
		return tls.Client(conn, config), nil
	}
}

// unixSocket connects to a socket in the file system.
func unixSocket(path string) dialer {
	return func() (net.Conn, error) { return net.DialTimeout("unix", path, proctest.Patience) }
}
