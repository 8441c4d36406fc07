package fanout

import (
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// detach takes a plain TCP connection away from the Go runtime: it returns a
// descriptor of its own for the same socket and closes conn, so that neither
// net nor the runtime's poller keep anything for it. ok is false for
// connections that cannot be detached, and they are left as they were.
func detach(conn net.Conn) (fd int, ok bool) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return -1, false
	}
	if _, tcp := conn.RemoteAddr().(*net.TCPAddr); !tcp {
		return -1, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, false
	}
	dup, dupErr := -1, error(nil)
	if err := raw.Control(func(fd uintptr) {
		dup, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	}); err != nil || dupErr != nil {
		return -1, false
	}
	_ = conn.Close()
	return dup, true
}

// send writes as much of b as the socket takes at once. It is a raw system
// call: telling the scheduler about a call that never blocks costs a fifth of
// the call.
func send(fd int32, b []byte) (int, syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, unix.EAGAIN
		default:
			return 0, errno
		}
	}
}

// spoke reports whether the peer has sent bytes, and whether it has closed.
func spoke(fd int32) (bytes, closed bool) {
	var buf [64]byte
	n, _, err := unix.Recvfrom(int(fd), buf[:], unix.MSG_DONTWAIT)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return false, false
	case err != nil || n == 0:
		return false, true
	}
	return true, false
}

// closeFD ends a connection: what was sent still goes out.
func closeFD(fd int32) { _ = unix.Close(int(fd)) }

// abortFD ends a connection and drops what its peer has not taken: otherwise
// the kernel would keep the queue of a dead stream for minutes.
func abortFD(fd int32) {
	_ = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	_ = unix.Close(int(fd))
}

// poller tells shards what happens on their descriptors. One serves all.
type poller struct {
	epfd int
	stop int // an eventfd
	done chan struct{}
}

func openPoller() (*poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epfd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	p := &poller{epfd: epfd, stop: stop, done: make(chan struct{})}
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, stop, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1}); err != nil {
		_ = unix.Close(epfd)
		_ = unix.Close(stop)
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	return p, nil
}

// run passes on events until close, and calls flush after each lot. The descriptors' slots and generations
// travel as epoll data, so that an event for a descriptor that was closed and
// reused is recognised.
func (p *poller) run(ready func(slot int32, gen, events uint32), flush func()) {
	defer close(p.done)
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(p.epfd, events, -1)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return
		}
		for _, ev := range events[:n] {
			if ev.Fd < 0 {
				return
			}
			ready(ev.Fd, uint32(ev.Pad), ev.Events)
		}
		flush()
	}
}

const (
	watchRead  = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET
	watchWrite = watchRead | unix.EPOLLOUT
)

// add begins to watch a descriptor for its peer's end.
func (p *poller) add(fd, slot int32, gen uint32) error {
	ev := unix.EpollEvent{Events: watchRead & 0xffffffff, Fd: slot, Pad: int32(gen)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, int(fd), &ev))
}

// watchWritable watches it for room to write as well. The kernel reports at
// once if there is some, so no wake-up is lost; as the watch is edge-triggered,
// it costs nothing to leave it on.
func (p *poller) watchWritable(fd, slot int32, gen uint32) {
	ev := unix.EpollEvent{Events: watchWrite & 0xffffffff, Fd: slot, Pad: int32(gen)}
	_ = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_MOD, int(fd), &ev)
}

func (p *poller) close() {
	_, _ = unix.Write(p.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	<-p.done
	_ = unix.Close(p.epfd)
	_ = unix.Close(p.stop)
}

// peerLeft reports whether epoll events say that the peer has closed its side.
func peerLeft(events uint32) bool {
	return events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
}

// peerSpoke reports whether epoll events say that there is something to read.
func peerSpoke(events uint32) bool { return events&unix.EPOLLIN != 0 }

// writable reports whether epoll events say that there is room to write.
func writable(events uint32) bool { return events&unix.EPOLLOUT != 0 }
