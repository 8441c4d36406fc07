package loadclient

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

const (
	// readSize is the buffer that all streams share for reading.
	readSize = 256 << 10
	// maxEvents is how many ready streams one epoll_wait tells at most.
	maxEvents = 1024
	// tick bounds how long the loop waits when nothing happens, so that it sees
	// its deadlines.
	tick = 50 * time.Millisecond
	// wakeSlot stands in epoll's data for the descriptor that wakes the loop.
	wakeSlot = -1
)

// client is a load client.
type client struct {
	// Static after construction.
	clock  traffic.Clock
	epoll  int
	wakeFd int // an eventfd

	mu     sync.Mutex
	posted []func() // to be run by the loop; guarded by mu

	// Owned by the loop.
	streams  []stream // never shrinks while streams are open: epoll's data is an index
	checker  *ssecheck.Checker
	window   ssecheck.Tally      // the tally when the measured window began
	first    histogram.Histogram // from connecting to a stream's first message
	poll     time.Duration
	dialing  *dialing  // nil when no streams are being opened
	settling *settling // nil when nobody waits
	closed   int       // streams that the server closed
	buffer   []byte
}

func newClient(clock traffic.Clock) (*client, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	wakeFd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wakeFd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeSlot})
	}
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return &client{clock: clock, epoll: epoll, wakeFd: wakeFd, buffer: make([]byte, readSize)}, nil
}

// do runs f in the loop and waits for it.
func (c *client) do(ctx context.Context, f func()) error {
	done := make(chan struct{})
	c.mu.Lock()
	c.posted = append(c.posted, func() { f(); close(done) })
	c.mu.Unlock()
	c.wake()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wake makes the loop look at what was posted. An error would mean that the
// counter is full, and so that the loop is awake anyway.
func (c *client) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(c.wakeFd, one[:])
}

// loop serves all streams until ctx ends, then closes everything.
func (c *client) loop(ctx context.Context) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer func() {
		c.closeAll()
		unix.Close(c.epoll)
		unix.Close(c.wakeFd)
	}()
	events := make([]unix.EpollEvent, maxEvents)
	for ctx.Err() == nil {
		c.runPosted()
		if c.dialing != nil {
			c.advanceDialing()
		}
		if c.settling != nil {
			c.advanceSettling()
		}
		n, err := unix.EpollWait(c.epoll, events, c.waitTime())
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("epoll: %w", err)
		}
		for i := range max(n, 0) {
			c.ready(int(events[i].Fd), events[i].Events)
		}
		if n <= 0 && c.polling() {
			ts := unix.NsecToTimespec(int64(c.poll))
			_ = unix.Nanosleep(&ts, nil) // a signal may end it early, which does no harm
		}
	}
	return nil
}

// polling reports whether the loop looks for events at intervals.
func (c *client) polling() bool { return c.poll > 0 && c.dialing == nil }

// waitTime is the time limit of the next epoll_wait, in milliseconds.
func (c *client) waitTime() int {
	switch {
	case c.polling():
		return 0
	case c.dialing != nil && c.dialing.spec.Rate > 0:
		return 1
	}
	return int(tick.Milliseconds())
}

// runPosted runs what was posted since the last time.
func (c *client) runPosted() {
	c.mu.Lock()
	posted := c.posted
	c.posted = nil
	c.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// ready serves one event of epoll.
func (c *client) ready(slot int, events uint32) {
	if slot == wakeSlot {
		var count [8]byte
		_, _ = unix.Read(c.wakeFd, count[:]) // only to make it unreadable again
		return
	}
	if slot >= len(c.streams) {
		return // of a stream closed by closeAll in the same round
	}
	s := &c.streams[slot]
	switch s.state {
	case connecting:
		if events&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) != 0 {
			c.connected(s)
		}
	case waitingHead, open:
		c.read(s)
	}
}

// closeAll closes all streams and forgets them.
func (c *client) closeAll() {
	for i := range c.streams {
		if s := &c.streams[i]; s.state != done {
			unix.Close(s.fd)
		}
	}
	c.streams, c.dialing, c.settling, c.closed = nil, nil, nil, 0
	c.checker = nil
	c.first.Reset()
}
