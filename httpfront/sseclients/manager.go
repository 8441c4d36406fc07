package sseclients

import (
	"iter"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
)

// closeWait bounds how long Close waits for clients to take what they were sent.
const closeWait = time.Second

// Manager keeps the streams of clients. Its methods may be called from any
// goroutine, and none of them waits for a client, save Close.
//
// Of several streams with the same key the newest that is open gets the events.
// The others stay open and silent, so that two pages which share a key do not
// end each other's streams for ever; each may end at any time without harm to
// the others.
type Manager struct {
	// Static after construction.
	cfg     Config
	engine  *fanout.Engine
	limits  fanout.Limits // of a client's queue
	stop    chan struct{} // closed by Close
	empty   chan struct{} // closed when the manager is closed and has no streams
	ticking sync.WaitGroup
	closing sync.Once

	mu sync.Mutex
	// Guarded by mu.
	clients map[string]*client // the newest stream of every key
	streams int                // open, or about to be
	lagging int                // clients whose queue was full at the last broadcast
	closed  bool
	counts  counts
}

// Open starts a manager. Close ends it.
func Open(cfg Config) (*Manager, error) { return open(cfg, fanout.DefaultConfig()) }

func open(cfg Config, engineCfg fanout.Config) (*Manager, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	engine, err := fanout.Open(engineCfg)
	if err != nil {
		return nil, err
	}
	m := &Manager{
		cfg: cfg, engine: engine,
		limits:  fanout.Limits{Messages: framesPerEvent * cfg.QueueEvents, Bytes: cfg.QueueBytes},
		stop:    make(chan struct{}),
		empty:   make(chan struct{}),
		clients: make(map[string]*client),
		counts:  counts{ended: make(map[fanout.Reason]uint64)},
	}
	m.ticking.Go(m.tick)
	return m, nil
}

// RemoveClient ends all streams with the key and reports whether there were
// any. What was sent to the client before still goes out as far as it takes it
// at once.
func (m *Manager) RemoveClient(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.clients[key]
	delete(m.clients, key)
	for c != nil {
		older := c.older
		c.older, c.newer = nil, nil
		c.end(fanout.ReasonKicked)
		c = older
	}
	return ok
}

// Len returns how many keys have an open stream.
func (m *Manager) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.clients)
}

// Close ends all streams and waits until they have ended. Clients that do not
// take at once what they were sent before are given a second for it. Close may
// be called more than once.
func (m *Manager) Close() {
	m.closing.Do(func() {
		close(m.stop)
		m.ticking.Wait()
		m.endAll()
		patience := time.NewTimer(closeWait)
		defer patience.Stop()
		select {
		case <-m.empty:
		case <-patience.C:
		}
		m.engine.Close()
	})
}

// endAll tells all streams to end and lets no more in.
func (m *Manager) endAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for c := range m.allLocked() {
		c.end(fanout.ReasonShutdown)
	}
	clear(m.clients)
	if m.streams == 0 {
		close(m.empty)
	}
}

// admissible returns why a stream with the key would be refused, or nil.
func (m *Manager) admissible(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.admissibleLocked(key)
}

func (m *Manager) admissibleLocked(key string) error {
	err := checkKey(key)
	switch {
	case err != nil:
	case m.closed:
		err = ErrClosed
	case m.streams >= m.cfg.MaxClients:
		err = ErrFull
	}
	if err != nil {
		m.counts.refused++
	}
	return err
}

// reserve takes a place for a stream, which release gives back.
func (m *Manager) reserve(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.admissibleLocked(key); err != nil {
		return err
	}
	m.streams++
	return nil
}

// release gives back the place of a stream that has ended or never began.
func (m *Manager) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.releaseLocked()
}

func (m *Manager) releaseLocked() {
	m.streams--
	if m.closed && m.streams == 0 {
		close(m.empty)
	}
}

// enterLocked makes a stream the one that gets its key's events.
func (m *Manager) enterLocked(c *client) {
	if c.older = m.clients[c.key]; c.older != nil {
		c.older.newer = c
	}
	m.clients[c.key] = c
}

// leaveLocked takes a stream from those of its key: if it was the newest, the
// one before it gets the events. A stream that was removed may leave again.
func (m *Manager) leaveLocked(c *client) {
	if c.older != nil {
		c.older.newer = c.newer
	}
	switch {
	case c.newer != nil:
		c.newer.older = c.older
	case m.clients[c.key] != c: // it has left before
	case c.older != nil:
		m.clients[c.key] = c.older
	default:
		delete(m.clients, c.key)
	}
	c.older, c.newer = nil, nil
}

// allLocked yields every stream. The loop's body may make the stream leave.
func (m *Manager) allLocked() iter.Seq[*client] {
	return func(yield func(*client) bool) {
		for _, c := range m.clients {
			for c != nil {
				older := c.older
				if !yield(c) {
					return
				}
				c = older
			}
		}
	}
}
