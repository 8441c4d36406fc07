package persistence

import (
	"fmt"
	"sync"
	"time"
)

// Committer gathers the writes of all rooms into batches. While the store
// commits one batch the next one grows, so that one fsync serves everything
// that came in during the fsync before it: the batch size follows the load and
// nobody waits for a timer.
//
// Submit and Insist may be called from any goroutine. The writes of one owner,
// and the writes of one room, are committed in the order of these calls.
type Committer struct {
	// Static after construction.
	store   Store
	cfg     CommitterConfig
	metrics *commitMetrics
	wake    chan struct{} // holds a token while the queue may hold work
	done    chan struct{} // closed when the commit goroutine has ended

	mu     sync.Mutex
	queue  commitQueue
	spare  commitQueue // the empty queue to swap in
	writes int         // submitted and not yet reported
	bytes  int         // of those writes
	closed bool
	err    error // of the store, once it failed

	// Owned by the commit goroutine.
	tally ownerTally
}

// commitQueue holds the write of owners[i] at writes[i].
type commitQueue struct {
	writes []Write
	owners []Owner
}

// OpenCommitter starts the commit goroutine over store, which it does not own:
// close the committer first, then the store.
func OpenCommitter(store Store, cfg CommitterConfig) (*Committer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open committer: %w", err)
	}
	c := &Committer{
		store: store,
		cfg:   cfg.withDefaults(),
		wake:  make(chan struct{}, 1),
		done:  make(chan struct{}),
	}
	m, err := newCommitMetrics(cfg.Registerer, c.queued)
	if err != nil {
		return nil, fmt.Errorf("open committer: %w", err)
	}
	c.metrics = m
	go c.run()
	return c, nil
}

// Submit queues w, whose fate owner is told later. It never blocks. The
// write's bytes are the store's from then on. A write that is not queued is
// not reported: ErrInvalid for one that breaks the contract of Write, ErrBusy
// when the queue is full, ErrClosed after Close, the store's error after it
// failed.
func (c *Committer) Submit(w Write, owner Owner) error {
	return c.enqueue(&w, owner, false)
}

// Insist is Submit for a write that a full queue does not stop: one by which
// this node answers another, or keeps up with it. How many of those there can
// be is bounded by the queues they came through; those beyond the bounds of
// this one are counted, and while they wait Submit is refused.
func (c *Committer) Insist(w Write, owner Owner) error {
	return c.enqueue(&w, owner, true)
}

// Full reports whether the queue is full, so that Submit refuses even the
// smallest write. It may be called from any goroutine.
func (c *Committer) Full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fullLocked(writeOverhead)
}

// fullLocked reports whether there is no room for a write of size bytes.
func (c *Committer) fullLocked(size int) bool {
	return c.writes >= c.cfg.QueueWrites || c.bytes+size > c.cfg.QueueBytes
}

func (c *Committer) enqueue(w *Write, owner Owner, insist bool) error {
	if err := w.Validate(); err != nil {
		return fmt.Errorf("submit: %w", err)
	}
	size := w.size()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if c.closed {
		return ErrClosed
	}
	if c.fullLocked(size) {
		if !insist {
			c.metrics.refused.Inc()
			return ErrBusy
		}
		c.metrics.insisted.Inc()
	}
	c.queue.writes = append(c.queue.writes, *w)
	c.queue.owners = append(c.queue.owners, owner)
	c.writes++
	c.bytes += size
	if len(c.queue.writes) == 1 {
		c.signal()
	}
	return nil
}

// Close refuses further writes, commits what is queued and waits until all of
// it was reported. It returns the store's error if the store failed, and
// ErrClosed when called again.
func (c *Committer) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	c.closed = true
	c.signal()
	c.mu.Unlock()

	<-c.done
	c.metrics.set.Unregister()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// queued returns the writes, and their bytes, that were not yet reported.
func (c *Committer) queued() (writes, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes, c.bytes
}

// run is the commit goroutine. It ends when the committer is closed and the
// queue is empty.
func (c *Committer) run() {
	defer close(c.done)
	for {
		q, closed := c.take()
		switch {
		case len(q.writes) > 0:
			c.drain(q)
		case closed:
			return
		default:
			<-c.wake
		}
	}
}

// take swaps the queue for the empty one, unless it is empty itself.
func (c *Committer) take() (q commitQueue, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue.writes) > 0 {
		q, c.queue, c.spare = c.queue, c.spare, commitQueue{}
	}
	return q, c.closed
}

// drain commits q batch by batch and gives its arrays back for reuse.
func (c *Committer) drain(q commitQueue) {
	for start := 0; start < len(q.writes); {
		end, size := c.cut(q.writes, start)
		if err := c.commit(q.writes[start:end]); err != nil {
			c.fail(err, q.owners[start:])
			return
		}
		c.mu.Lock()
		c.writes -= end - start
		c.bytes -= size
		c.mu.Unlock()
		c.tally.report(q.owners[start:end], nil)
		start = end
	}
	clear(q.writes)
	clear(q.owners)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spare = commitQueue{writes: q.writes[:0], owners: q.owners[:0]}
}

// cut returns the end of the batch that begins at start, and its bytes.
func (c *Committer) cut(writes []Write, start int) (end, size int) {
	size = writes[start].size()
	for end = start + 1; end < len(writes); end++ {
		n := writes[end].size()
		if size+n > c.cfg.BatchBytes {
			break
		}
		size += n
	}
	return end, size
}

func (c *Committer) commit(batch []Write) error {
	start := time.Now()
	if err := c.store.Commit(batch); err != nil {
		return fmt.Errorf("commit %d writes: %w", len(batch), err)
	}
	c.metrics.observe(batch, time.Since(start))
	return nil
}

// fail ends the committer's work: it tells owners, whose writes were taken,
// then all that are still queued, and the process. The store is not asked
// again, because what a store holds after a failed fsync nobody knows.
func (c *Committer) fail(err error, owners []Owner) {
	c.mu.Lock()
	c.err = err
	queued := c.queue.owners
	c.queue = commitQueue{}
	c.writes, c.bytes = 0, 0
	c.mu.Unlock()

	c.tally.report(owners, err)
	c.tally.report(queued, err)
	if c.cfg.Failed != nil {
		c.cfg.Failed(err)
	}
}
