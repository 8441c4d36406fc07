package loadclient

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
)

// state is how far a stream has come.
type state uint8

const (
	connecting  state = iota // waiting for the connection
	waitingHead              // the request is sent
	open                     // events may come
	done                     // closed, or never opened
)

// stream is one event stream.
type stream struct {
	check ssecheck.Stream
	room  int
	fd    int
	begun int64  // Clock time at which it started to connect
	head  []byte // the head as far as it has come in pieces; nil when not needed
	state state
	heard bool // a message has come
}

// errClosedEarly says that the connection ended before the answer's head did.
var errClosedEarly = errors.New("closed before the head was complete")

// read takes what the socket has, once: epoll tells again if there is more.
func (c *client) read(s *stream) {
	n, err := receive(s.fd, c.buffer)
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return
	case err != nil || n == 0:
		c.ended(s, err)
		return
	}
	piece := c.buffer[:n]
	if s.state == waitingHead {
		if piece, err = c.readHead(s, piece); err != nil {
			c.ended(s, err)
			return
		}
	}
	if len(piece) == 0 {
		return
	}
	now, before := c.clock.Now(), c.checker.Tally.Messages
	err = c.checker.Feed(&s.check, piece, now)
	if !s.heard && c.checker.Tally.Messages > before {
		s.heard = true
		c.first.Record(now - s.begun)
	}
	if err != nil {
		c.ended(s, err)
	}
}

// readHead consumes the answer's head and gives what follows it.
func (c *client) readHead(s *stream, piece []byte) ([]byte, error) {
	s.head = append(s.head, piece...)
	length, err := parseHead(s.head)
	if err != nil || length == 0 {
		return nil, err
	}
	// The rest of the head's bytes is also the rest of the piece.
	rest := piece[len(piece)-(len(s.head)-length):]
	s.head = nil
	s.state = open
	c.dialed(s, nil)
	return rest, nil
}

// ended notes the end of a stream that the client did not want.
func (c *client) ended(s *stream, err error) {
	wasOpen := s.state == open
	unix.Close(s.fd)
	s.state = done
	s.head = nil
	if wasOpen {
		c.closed++
		return
	}
	if err == nil {
		err = errClosedEarly
	}
	c.dialed(s, err)
}

// connected sends the request once the connection stands.
func (c *client) connected(s *stream) {
	code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	if err == nil {
		err = c.request(s)
	}
	if err != nil {
		c.ended(s, fmt.Errorf("connect: %w", err))
	}
}

// request sends the whole request: it is far smaller than an empty send buffer.
func (c *client) request(s *stream) error {
	request := c.dialing.request(s.room)
	n, err := unix.SendmsgN(s.fd, request, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if err == nil && n != len(request) {
		err = errors.New("request was sent in part")
	}
	if err != nil {
		return err
	}
	s.state = waitingHead
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: c.slot(s)}
	return unix.EpollCtl(c.epoll, unix.EPOLL_CTL_MOD, s.fd, &event)
}

// slot is the index of s in c.streams, as epoll's data holds it.
func (c *client) slot(s *stream) int32 {
	first := uintptr(unsafe.Pointer(unsafe.SliceData(c.streams)))
	return int32((uintptr(unsafe.Pointer(s)) - first) / unsafe.Sizeof(*s))
}

// receive is recv(2) without telling the scheduler: it never blocks, and the
// plain call costs the client, which shares the machine with the server,
// third more.
func receive(fd int, buffer []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(buffer))), uintptr(len(buffer)), syscall.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
