package loadclient

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// dialing is the opening of the streams of one ConnectSpec. Owned by the loop
// once it is started.
type dialing struct {
	spec     ConnectSpec
	to       unix.Sockaddr
	from     unix.Sockaddr // nil leaves the choice to the kernel
	family   int
	begun    int64
	first    int // index of its first stream among the client's
	started  int
	inFlight int
	report   ConnectReport
	done     chan ConnectReport // takes one report
}

var errTimeout = errors.New("not open in time")

// maxStreams bounds the streams of one client; descriptors usually end first.
const maxStreams = 1 << 20

func newDialing(spec ConnectSpec, clock traffic.Clock) (*dialing, error) {
	addr, err := netip.ParseAddrPort(spec.Addr)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if spec.Streams < 1 || spec.Streams > maxStreams || spec.Rooms.Count < 1 || spec.InFlight < 1 {
		return nil, fmt.Errorf("%d streams on %d rooms, %d at a time", spec.Streams, spec.Rooms.Count, spec.InFlight)
	}
	d := &dialing{
		spec:   spec,
		family: unix.AF_INET6,
		to:     &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()},
		begun:  clock.Now(),
		report: ConnectReport{Head: new(histogram.Histogram)},
		done:   make(chan ConnectReport, 1),
	}
	if addr.Addr().Is4() {
		d.family = unix.AF_INET
		d.to = &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	}
	if spec.SourceIP != "" && d.family == unix.AF_INET {
		source, err := netip.ParseAddr(spec.SourceIP)
		if err != nil || !source.Is4() {
			return nil, fmt.Errorf("source address %q is not IPv4", spec.SourceIP)
		}
		d.from = &unix.SockaddrInet4{Addr: source.As4()}
	}
	return d, nil
}

// request is the request for a stream on a room.
func (d *dialing) request(room int) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s\r\n",
		d.spec.Rooms.Path(d.spec.Path, room), d.spec.Addr, traffic.Authorization(d.spec.Token))
}

// allowed is how many streams may have been started by now.
func (d *dialing) allowed(now int64) int {
	if d.spec.Rate <= 0 {
		return d.spec.Streams
	}
	elapsed := time.Duration(now - d.begun).Seconds()
	return min(d.spec.Streams, 1+int(elapsed*d.spec.Rate))
}

// advanceDialing starts as many streams as may be started, and ends the dialing
// when all are open or have failed, or the time is over.
func (c *client) advanceDialing() {
	d := c.dialing
	if d.started == 0 {
		d.first = len(c.streams)
		c.streams = slices.Grow(c.streams, d.spec.Streams)
	}
	now := c.clock.Now()
	for d.inFlight < d.spec.InFlight && d.started < d.allowed(now) {
		c.startStream()
	}
	if d.spec.Timeout > 0 && now-d.begun > int64(d.spec.Timeout) {
		c.giveUpDialing()
	}
	if d.report.Connected+d.report.Failed == d.spec.Streams {
		d.report.Elapsed = time.Duration(now - d.begun)
		c.dialing = nil
		d.done <- d.report
	}
}

// startStream begins to connect the next stream.
func (c *client) startStream() {
	d := c.dialing
	room := (d.spec.First + d.started) % d.spec.Rooms.Count
	d.started++
	d.inFlight++
	c.streams = append(c.streams, stream{
		check: c.checker.NewStream(),
		room:  room,
		begun: c.clock.Now(),
		fd:    -1,
		state: done,
	})
	s := &c.streams[len(c.streams)-1]
	fd, err := d.socket()
	if err != nil {
		c.dialed(s, err)
		return
	}
	s.fd, s.state = fd, connecting
	event := unix.EpollEvent{Events: unix.EPOLLOUT, Fd: c.slot(s)}
	if err := unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		c.ended(s, err)
	}
}

// socket is a socket that is connecting, or connected.
func (d *dialing) socket() (int, error) {
	fd, err := unix.Socket(d.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if d.from != nil {
		// Without this option bind would reserve a port for the address alone,
		// and run out of ports sooner.
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err == nil {
			err = unix.Bind(fd, d.from)
		}
	}
	if err == nil {
		err = unix.Connect(fd, d.to)
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		unix.Close(fd)
		return -1, fmt.Errorf("connect: %w", err)
	}
	return fd, nil
}

// dialed counts a stream that was opened, or has failed.
func (c *client) dialed(s *stream, err error) {
	d := c.dialing
	if d == nil {
		return // given up already
	}
	d.inFlight--
	if err != nil {
		d.report.Failed++
		if d.report.Error == "" {
			d.report.Error = err.Error()
		}
		return
	}
	d.report.Connected++
	d.report.Head.Record(c.clock.Now() - s.begun)
}

// giveUpDialing fails what is not open yet.
func (c *client) giveUpDialing() {
	d := c.dialing
	for i := d.first; i < len(c.streams); i++ {
		if s := &c.streams[i]; s.state == connecting || s.state == waitingHead {
			c.ended(s, errTimeout)
		}
	}
	if never := d.spec.Streams - d.started; never > 0 {
		d.report.Failed += never
		d.started = d.spec.Streams
		if d.report.Error == "" {
			d.report.Error = errTimeout.Error()
		}
	}
}
