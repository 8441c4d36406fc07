package remoting

import (
	"sync"
	"time"
)

// peer is what is known of the node at an address. There is one for as long as
// there is anything to know.
type peer struct {
	address string // static

	mu sync.Mutex
	// Guarded by mu.
	stream *outStream // that messages go to now; nil: the next one opens one
	avoid  time.Time  // no stream is opened before, because the last could not be
}

// send queues a letter for the node, or returns why it was dropped.
func (p *peer) send(r *Remote, l letter) (dropped string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stream == nil {
		if !p.avoid.IsZero() && time.Now().Before(p.avoid) {
			return droppedUnreachable
		}
		s := newOutStream(r, p)
		if !r.run(s.run) {
			return droppedClosed
		}
		p.stream = s
	}
	return p.stream.push(l)
}

// forget lets go of the stream to the node.
func (p *peer) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stream != nil {
		p.stream.cancel()
		p.stream = nil
	}
	p.avoid = time.Time{}
}

// ended lets go of a stream that has ended by itself and reports whether that was
// news. From then on nobody adds to its queue.
func (p *peer) ended(s *outStream, avoid time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stream != s {
		return false
	}
	p.stream, p.avoid = nil, avoid
	return true
}

// waiting returns what waits to be sent to the node.
func (p *peer) waiting() (messages, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stream == nil {
		return 0, 0
	}
	return p.stream.queue.size()
}

// maxPeers bounds the nodes that are known at a time.
const maxPeers = 4096

// peers are the nodes that messages were sent to. Its methods may be called from
// any goroutine.
type peers struct {
	mu sync.RWMutex
	at map[string]*peer // guarded by mu; by address
}

func newPeers() *peers { return &peers{at: make(map[string]*peer)} }

// find returns the peer at an address, or nil.
func (ps *peers) find(address string) *peer {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	return ps.at[address]
}

// get returns the peer at an address, which is added if need be, or nil if there
// are too many.
func (ps *peers) get(address string) *peer {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.at[address]; p != nil {
		return p
	}
	if len(ps.at) >= maxPeers {
		ps.sweepLocked(time.Now())
	}
	if len(ps.at) >= maxPeers {
		return nil
	}
	p := &peer{address: address}
	ps.at[address] = p
	return p
}

// sweepLocked forgets nodes of which there is nothing to know. One that somebody
// is about to send to may be among them; it then has a stream that is not found
// again, and ends like any other.
func (ps *peers) sweepLocked(now time.Time) {
	for address, p := range ps.at {
		p.mu.Lock()
		if p.stream == nil && now.After(p.avoid) {
			delete(ps.at, address)
		}
		p.mu.Unlock()
	}
}

// waiting returns what waits for all nodes together.
func (ps *peers) waiting() (messages, bytes int) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	for _, p := range ps.at {
		m, b := p.waiting()
		messages += m
		bytes += b
	}
	return messages, bytes
}
