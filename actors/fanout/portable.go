package fanout

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// hub keeps the streams that cannot be detached. Each has a goroutine that
// waits for its peer's end, and a second one only while there is something to
// write.
type hub struct {
	// Static after construction.
	cfg   Config
	inbox *inbox
	stats counters

	// Owned by run.
	groups    groups
	deadlines deadlines

	writers sync.WaitGroup // goroutines of streams
}

func newHub(cfg Config) *hub {
	return &hub{cfg: cfg, inbox: newInbox(), groups: make(groups), deadlines: newDeadlines()}
}

// connWriter is the part of a portable stream that its goroutines share.
type connWriter struct {
	hub    *hub
	stream *Stream
	conn   net.Conn

	mu      sync.Mutex
	next    uint64    // guarded by mu: first ordinal not written
	side    []byte    // guarded by mu: for this stream alone
	running bool      // guarded by mu: drain runs
	writing time.Time // guarded by mu: since when a write is under way; zero for none
	ending  bool      // guarded by mu: closed once side is written
	ended   bool      // guarded by mu
	reason  Reason    // guarded by mu: why, once ending or ended
}

// add makes a portable stream of spec.
func (h *hub) add(st *Stream, spec Spec) {
	st.home = h
	st.conn = &connWriter{hub: h, stream: st, conn: spec.Conn, next: spec.From, side: spec.First}
	if spec.Started != nil {
		spec.Started(st)
	}
	h.post(command{kind: cmdJoin, stream: st, from: spec.From, ttl: spec.TTL, expires: spec.Expires})
}

func (h *hub) post(c command) {
	if !h.inbox.post(c) {
		h.refuse(c)
	}
}

func (h *hub) refuse(c command) {
	switch c.kind {
	case cmdJoin:
		_ = c.stream.conn.conn.Close()
		c.stream.log.Release(c.from)
		c.stream.owner.StreamClosed(ReasonShutdown)
	case cmdList:
		c.list <- nil
	}
}

func (h *hub) run() {
	house := time.NewTicker(time.Second)
	defer house.Stop()
	deadline := time.NewTimer(time.Hour)
	defer deadline.Stop()
	for {
		cmds, dirty, stop := h.inbox.take()
		for i := range cmds {
			h.do(&cmds[i])
		}
		for _, g := range dirty {
			g.dirty.Store(false)
			h.flush(g)
		}
		h.deadlines.pass(h.cfg.Notice, tellPortable, endPortable)
		if stop {
			h.stop()
			return
		}
		deadline.Reset(h.deadlines.next())
		select {
		case <-h.inbox.signal:
		case <-deadline.C:
		case <-house.C:
			for _, g := range h.groups {
				h.flush(g)
			}
		}
	}
}

func (h *hub) do(c *command) {
	switch c.kind {
	case cmdJoin:
		h.join(c)
	case cmdSend:
		if !c.stream.postpone(c) {
			c.stream.take(c.bytes)
			c.stream.conn.sendAlone(c.bytes)
		}
	case cmdClose:
		if !c.stream.postpone(c) {
			c.stream.conn.end(c.bytes, c.reason)
		}
	case cmdWriter:
		h.forget(c.stream, c.reason)
	case cmdList:
		c.list <- h.list()
	}
}

func tellPortable(st *Stream, bytes []byte) { st.conn.sendAlone(bytes) }
func endPortable(st *Stream, bytes []byte)  { st.conn.end(bytes, ReasonExpired) }

func (h *hub) join(c *command) {
	st := c.stream
	g := h.groups.of(st.log, c.from, h.inbox.postDirty)
	early := st.joined(g)
	g.add(st)
	g.least.Store(min(g.least.Load(), c.from))
	g.log.enter(g, c.from)
	h.stats.streams.Add(1)
	h.deadlines.add(c, h.cfg.Warn, h.stats.streams.Load())
	h.writers.Go(st.conn.watch)
	st.conn.kick()
	for i := range early {
		h.do(&early[i])
	}
}

// flush wakes the writers of a group's streams, judges those that lag, and lets
// the log drop what all have.
func (h *hub) flush(g *group) {
	end := g.log.end()
	g.reached.Store(end)
	least := end
	for _, st := range g.streams {
		next, stuck := st.conn.look(end)
		least = min(least, next)
		switch {
		case stuck > h.cfg.stallAfter(st.policy):
			st.conn.abort(ReasonStalled)
		case stuck > stuckAfter && st.policy == Close && g.log.tooFar(next, end):
			st.conn.abort(ReasonSlow)
		}
	}
	if g.least.Swap(least) != least {
		g.log.trim()
	}
}

// forget removes a stream whose connection is closed.
func (h *hub) forget(st *Stream, r Reason) {
	if st.gone {
		return
	}
	st.gone = true
	g := st.group
	g.take(st)
	h.groups.release(g)
	if !g.empty() {
		h.flush(g)
	}
	h.stats.streams.Add(-1)
	h.stats.closed[r].Add(1)
	st.owner.StreamClosed(r)
}

func (h *hub) list() []*Stream {
	var all []*Stream
	for _, g := range h.groups {
		all = append(all, g.streams...)
	}
	return all
}

func (h *hub) stop() {
	for _, st := range h.list() {
		st.conn.abort(ReasonShutdown)
		h.forget(st, ReasonShutdown)
	}
	h.writers.Wait()
}

// look starts the writer if there is something to write, and returns the
// stream's position and for how long a write has been under way.
func (w *connWriter) look(end uint64) (next uint64, stuck time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next < end {
		w.kickLocked()
	}
	if !w.writing.IsZero() {
		stuck = time.Since(w.writing)
	}
	return w.next, stuck
}

func (w *connWriter) kick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kickLocked()
}

func (w *connWriter) kickLocked() {
	if !w.running && !w.ended {
		w.running = true
		w.hub.writers.Go(w.drain)
	}
}

func (w *connWriter) sendAlone(event []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	if len(w.side)+len(event) > w.stream.log.limits.Bytes {
		w.endLocked(ReasonSlow)
		return
	}
	w.side = append(slices.Clip(w.side), event...)
	w.kickLocked()
}

// end closes the stream after farewell; one that is stuck in a write is cut.
func (w *connWriter) end(farewell []byte, r Reason) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || w.ending {
		return
	}
	if !w.writing.IsZero() && time.Since(w.writing) > stuckAfter {
		w.endLocked(r)
		return
	}
	w.ending, w.reason = true, r
	w.side = append(slices.Clip(w.side), farewell...)
	w.kickLocked()
}

// abort closes the connection and drops what its peer has not taken.
func (w *connWriter) abort(r Reason) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if nc, ok := w.conn.(interface{ NetConn() net.Conn }); ok {
		setNoLinger(nc.NetConn())
		// A TLS close would wait for room to send its alert.
		_ = nc.NetConn().Close()
	} else {
		setNoLinger(w.conn)
	}
	w.endLocked(r)
}

func setNoLinger(c net.Conn) {
	if tcp, ok := c.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
}

func (w *connWriter) endLocked(r Reason) {
	if w.ended {
		return
	}
	w.ended, w.reason = true, r
	_ = w.conn.Close()
	w.hub.post(command{kind: cmdWriter, stream: w.stream, reason: r})
}

// watch waits for the peer to close, or to say something it has no business to.
func (w *connWriter) watch() {
	var buf [1]byte
	n, _ := w.conn.Read(buf[:])
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > 0 {
		w.endLocked(ReasonSpoke)
	} else {
		w.endLocked(ReasonClient)
	}
}

// drain writes until the stream has all there is.
func (w *connWriter) drain() {
	var b batch
	for {
		buf, ok := w.take(&b)
		if !ok {
			return
		}
		_ = w.conn.SetWriteDeadline(time.Now().Add(w.hub.cfg.stallAfter(w.stream.policy)))
		n, err := w.conn.Write(buf)
		w.hub.stats.sends.Add(1)
		w.hub.stats.frames.Add(uint64(len(b.frames)))
		w.hub.stats.bytes.Add(uint64(n))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			w.abort(ReasonStalled)
			return
		}
		if err != nil {
			w.abort(ReasonClient)
			return
		}
	}
}

// take returns what is to be written next, or false when there is nothing and
// the writer is to end.
func (w *connWriter) take(b *batch) ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	moved := !w.writing.IsZero()
	w.writing = time.Time{}
	if w.ended {
		return nil, false
	}
	if len(w.side) > 0 {
		buf := w.side
		w.side = nil
		b.frames = b.frames[:0]
		w.writing = time.Now()
		return buf, true
	}
	if w.ending {
		w.endLocked(w.reason)
		return nil, false
	}
	w.skipLocked()
	if len(w.side) == 0 && w.stream.log.read(b, w.next, toEnd, maxPortableFlush) {
		w.next = b.next
		w.writing = time.Now()
		return b.bytes, true
	}
	if b.lost {
		w.endLocked(ReasonOverrun)
		return nil, false
	}
	if len(w.side) > 0 {
		buf := w.side
		w.side = nil
		w.writing = time.Now()
		return buf, true
	}
	w.running = false
	if moved {
		w.stream.group.wake()
	}
	return nil, false
}

// maxPortableFlush bounds one write, in bytes.
const maxPortableFlush = 16 << 10

// skipLocked applies the policies that skip.
func (w *connWriter) skipLocked() {
	st := w.stream
	if st.policy == Close || !st.log.tooFar(w.next, st.log.end()) {
		return
	}
	keep := 1
	if st.policy == Gap {
		keep = w.hub.cfg.Keep
	}
	next, side, ok := st.log.skip(w.next, toEnd, keep, w.side)
	if !ok {
		return
	}
	w.next, w.side = next, side
	w.hub.stats.skips[st.policy].Add(1)
}
