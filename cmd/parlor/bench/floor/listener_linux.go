package floor

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// head answers every request.
const head = "HTTP/1.1 200 OK\r\n" +
	"Content-Type: text/event-stream\r\n" +
	"Cache-Control: no-cache, no-transform\r\n" +
	"Connection: keep-alive\r\n" +
	"X-Accel-Buffering: no\r\n" +
	"Access-Control-Allow-Origin: *\r\n\r\n" +
	"retry: 1000\ndata: Connected to SSE stream\n\n"

const (
	// sendBuffer is the connections' send buffer in bytes, the same as the
	// server's that the floor is compared with.
	sendBuffer = 16 << 10
	// requestWait bounds the wait for a request, in seconds.
	requestWait = 2
	backlog     = 4096
)

// listener accepts connections, one at a time and without a timer or poller
// for each.
type listener struct {
	fd     int
	addr   string
	shards []*shard
	wg     sync.WaitGroup
}

func listen(shards []*shard) (*listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	l := &listener{fd: fd, shards: shards}
	// What is set on a listening socket is inherited by its connections.
	for _, option := range []struct{ level, name, value int }{
		{unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer},
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
	} {
		if err == nil {
			err = unix.SetsockoptInt(fd, option.level, option.name, option.value)
		}
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err == nil {
		l.addr, err = localAddr(fd)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("listen: %w", err)
	}
	l.wg.Go(l.accept)
	return l, nil
}

// localAddr is where an IPv4 socket is bound.
func localAddr(fd int) (string, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return "", err
	}
	v4, ok := sa.(*unix.SockaddrInet4)
	if !ok {
		return "", fmt.Errorf("unexpected address %T", sa)
	}
	return "127.0.0.1:" + strconv.Itoa(v4.Port), nil
}

// close stops accepting: shutdown wakes the accept that is waiting.
func (l *listener) close() {
	_ = unix.Shutdown(l.fd, unix.SHUT_RDWR)
	l.wg.Wait()
	unix.Close(l.fd)
}

// accept hands each connection to the shards in turn.
func (l *listener) accept() {
	buffer := make([]byte, 4096)
	for next := 0; ; next++ {
		fd, _, err := unix.Accept4(l.fd, unix.SOCK_CLOEXEC)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
			continue
		case err != nil:
			return // closed, or out of descriptors: the clients will see it
		}
		if answer(fd, buffer) {
			l.shards[next%len(l.shards)].add(fd)
		} else {
			unix.Close(fd)
		}
	}
}

// answer reads a request and sends the head.
func answer(fd int, buffer []byte) bool {
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: requestWait}); err != nil {
		return false
	}
	for length := 0; length < len(buffer); {
		n, err := unix.Read(fd, buffer[length:])
		if n <= 0 || err != nil {
			return false
		}
		length += n
		if bytes.HasSuffix(buffer[:length], []byte("\r\n\r\n")) {
			n, err := sendOnce(fd, []byte(head))
			return err == nil && n == len(head)
		}
	}
	return false
}
