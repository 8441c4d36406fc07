package sseclients

import (
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
)

// framesPerEvent is how many frames of a log make an event: its id, which is the
// stream's own, and the rest, which all streams share.
const framesPerEvent = 2

// client is one stream. It owns the stream, in the engine's sense, and is the
// source of its log, which nobody else follows.
//
// Locks are taken in the order Manager.mu, the log's, client.mu.
type client struct {
	// Static after construction.
	manager *Manager
	key     string
	log     *fanout.Log
	expires time.Time // zero: never

	stream *fanout.Stream // set before the client is among the manager's

	// Guarded by Manager.mu.
	lastID uint64
	spoken bool    // was sent something since the last heartbeat was due
	older  *client // the stream that had the key's events before
	newer  *client // the stream that has them now, or had after this one

	mu sync.Mutex
	// Guarded by mu.
	begun  bool          // the engine has read the log to its end once
	unread bool          // the log has frames that the engine has not begun to send
	ending bool          // to be closed as soon as it has
	reason fanout.Reason // why, once ending
}

// attach makes a stream of a connection, for which there is a place: the
// connection is the engine's from now on. It does not block.
func (m *Manager) attach(key string, ttl time.Duration, conn net.Conn, head []byte) {
	tune(conn)
	c := &client{manager: m, key: key, spoken: true} // the head is something
	if ttl > 0 {
		c.expires = time.Now().Add(ttl)
	}
	c.log = fanout.NewLog(m.limits, c)
	m.engine.Add(fanout.Spec{
		Conn: conn, First: head, Log: c.log, From: c.log.Next(), Owner: c, Started: c.started,
	})
}

// started enters the stream where it can be found.
func (c *client) started(st *fanout.Stream) {
	m := c.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	c.stream = st
	m.counts.opened++
	if m.closed {
		c.end(fanout.ReasonShutdown)
		return
	}
	m.enterLocked(c)
}

// StreamClosed implements fanout.Owner.
func (c *client) StreamClosed(r fanout.Reason) {
	m := c.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaveLocked(c)
	m.counts.ended[r]++
	m.releaseLocked()
}

// sendLocked queues an event, given without its id, and reports whether the
// queue is full now. Manager.mu is held.
func (c *client) sendLocked(event []byte) (full bool) {
	c.lastID++
	c.spoken = true
	id := make([]byte, 0, 16)
	id = append(strconv.AppendUint(append(id, "id: "...), c.lastID, 10), '\n')
	c.manager.counts.events++
	held := c.log.Append(fanout.Frame{Bytes: id}, fanout.Frame{Bytes: event})
	return held >= c.manager.limits.Messages
}

// fullLocked reports whether as many events as there may be are yet to be sent to
// the client, be it because it is slow or because this process is. Manager.mu is
// held.
func (c *client) fullLocked() bool {
	limit := c.manager.limits.Messages
	if c.log.Backlog() >= limit {
		return true
	}
	// Before the engine reads the log for the first time, it knows of no backlog.
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.begun && framesPerEvent*c.lastID >= uint64(limit)
}

// end closes the stream once the engine has sent what is in the log, as far as
// the peer takes it. The client gets nothing more: it has left, or all do.
func (c *client) end(r fanout.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unread {
		c.ending, c.reason = true, r
		return
	}
	c.stream.Close(nil, r)
}

// Appended implements fanout.Source.
func (c *client) Appended(fanout.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread = true
}

// AppendTrailer implements fanout.Source. It adds nothing: it is where a client
// learns that the engine has read all that the log holds and is about to send
// it. A Close asked for now comes after that.
func (c *client) AppendTrailer(dst []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun, c.unread = true, false
	if c.ending {
		c.stream.Close(nil, c.reason)
	}
	return dst
}

// AppendGap implements fanout.Source. A client that falls behind is cut and
// never skips, so it is not called.
func (*client) AppendGap(dst []byte, _ []fanout.Frame) []byte { return dst }
