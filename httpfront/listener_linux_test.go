package httpfront

import (
	"context"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// TestListenOptions checks what accepted connections inherit.
func TestListenOptions(t *testing.T) {
	ln, err := Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range []struct {
		name          string
		level, option int
		want          int
	}{
		{"SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, 2 * sendBuffer},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, userTimeout},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0},
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
	} {
		var got int
		var optErr error
		err := raw.Control(func(fd uintptr) { got, optErr = unix.GetsockoptInt(int(fd), opt.level, opt.option) })
		if err != nil || optErr != nil || got != opt.want {
			t.Errorf("%s: %d, %v, %v, want %d", opt.name, got, err, optErr, opt.want)
		}
	}
}
