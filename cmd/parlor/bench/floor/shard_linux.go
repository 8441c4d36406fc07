package floor

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// yieldEvery is after how many sends a shard lets other goroutines run.
const yieldEvery = 64

// blockedWait bounds one wait for a full socket, in milliseconds.
const blockedWait = 1000

// shard is the connections that one core sends to.
type shard struct {
	mu  sync.Mutex
	fds []int // guarded by mu
}

func newShard() *shard { return &shard{} }

// add takes over a connection.
func (s *shard) add(fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fds = append(s.fds, fd)
}

// send sends the frame to every connection and closes those that fail.
func (s *shard) send(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	broken := false
	for i, fd := range s.fds {
		if i%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
		if n, err := sendOnce(fd, frame); n < len(frame) && !finish(fd, frame[n:], err) {
			unix.Close(fd)
			s.fds[i] = -1
			broken = true
		}
	}
	if broken {
		s.fds = slices.DeleteFunc(s.fds, func(fd int) bool { return fd < 0 })
	}
}

// close closes all connections.
func (s *shard) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fd := range s.fds {
		unix.Close(fd)
	}
	s.fds = nil
}

// sendOnce is send(2) without telling the scheduler, which is safe because it
// never blocks.
func sendOnce(fd int, data []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)),
		syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// finish sends the rest of a frame to a connection that did not take it all.
// It may hold up the others: no real server could do that, but a floor that is
// measured at its proper pace never comes here.
func finish(fd int, rest []byte, err error) bool {
	for {
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			return false
		}
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		if n, err := unix.Poll(ready, blockedWait); n == 0 || err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
		var n int
		n, err = sendOnce(fd, rest)
		if rest = rest[n:]; len(rest) == 0 {
			return true
		}
	}
}
