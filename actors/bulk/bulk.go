package bulk

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// Bulk is one node's end of all transfers. Its methods may be called from any
// goroutine.
type Bulk struct {
	// Static after construction.
	cfg     Config
	metrics *metrics
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup
	wake    chan struct{}  // of capacity 1; holds a token if run has to look earlier than it meant to
	whole   chan *incoming // of capacity maxReceiving, so that nobody waits to put one in

	mu sync.Mutex
	// Guarded by mu.
	out   sender
	in    receiver
	mail  mail
	until time.Time // when run looks next; zero: when it is woken
}

// mail are messages to be sent once the lock is released.
type mail []letter

type letter struct {
	to      string
	message wire.Message
}

func (m *mail) post(to string, message wire.Message) { *m = append(*m, letter{to, message}) }

// Open starts a node's end. The error is one of the settings, or of the
// registration of its metrics.
func Open(cfg Config) (*Bulk, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open bulk: %w", err)
	}
	b := &Bulk{cfg: cfg, wake: make(chan struct{}, 1), whole: make(chan *incoming, maxReceiving)}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.metrics = newMetrics(b.stats)
	b.out = newSender(cfg.Rate, b.metrics, &b.mail)
	b.in = receiver{metrics: b.metrics, mail: &b.mail, whole: func(a *incoming) { b.whole <- a }}
	if err := b.metrics.set.Register(cfg.Registerer); err != nil {
		b.cancel()
		return nil, fmt.Errorf("open bulk: %w", err)
	}
	b.work.Go(b.run)
	b.work.Go(b.deliver)
	return b, nil
}

// Close gives up what is under way, without a word to other nodes, and waits for
// Bulk's goroutines. After it Carry and Receive do nothing. It may be called
// again.
func (b *Bulk) Close() {
	b.cancel()
	b.work.Wait()
	b.metrics.set.Unregister()
}

// Carry offers a node a message about a room, of 1 to MaxBytes bytes, which must
// not change from then on. They are kept until the node has fetched them, or the
// message was given up. It does not block, but reads all of the message.
func (b *Bulk) Carry(node string, room persistence.RoomKey, data []byte) {
	if len(data) == 0 || len(data) > MaxBytes {
		b.metrics.refuse(refusedSize)
		return
	}
	sum := xxhash.Sum64(data)
	// Texts are compared without the lock, which nobody is to wait for that long.
	if old := b.underWay(node, room); old != nil && old.sum == sum && bytes.Equal(old.data, data) {
		return
	}
	b.act(func(now time.Time) { b.out.carry(node, room, data, sum, now) })
}

// underWay returns what is being sent to the node about the room, or nil.
func (b *Bulk) underWay(node string, room persistence.RoomKey) *outgoing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.about(node, room)
}

// Receive takes what another node's Bulk sent: Offer, Want, Part and Drop. It
// does not block, and ignores everything else.
func (b *Bulk) Receive(from string, m wire.Message) {
	b.act(func(now time.Time) {
		switch m := m.(type) {
		case wire.Offer:
			b.in.offered(from, m, now)
		case wire.Want:
			b.out.wanted(from, m, now)
		case wire.Part:
			b.in.arrived(from, m, now)
		case wire.Drop:
			// Either end may say it, and ids are no other's.
			b.out.dropped(from, m)
			b.in.dropped(from, m, now)
		}
	})
}

// act calls f with the lock held, unless b is closed, and then sends what f left
// to be sent.
func (b *Bulk) act(f func(now time.Time)) {
	b.mu.Lock()
	if b.ctx.Err() != nil {
		b.mu.Unlock()
		return
	}
	now := time.Now()
	f(now)
	if due := b.due(now); !due.IsZero() && (b.until.IsZero() || due.Before(b.until)) {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	letters := b.mail
	b.mail = nil
	b.mu.Unlock()
	for _, l := range letters {
		b.cfg.Send(l.to, l.message)
	}
}

// due returns when time has to pass for what is under way; zero for never.
func (b *Bulk) due(now time.Time) time.Time {
	if len(b.out.list) == 0 && b.in.idle() {
		return time.Time{}
	}
	next := now.Add(pulse)
	if len(b.out.due) > 0 && b.out.ready.Before(next) {
		return b.out.ready
	}
	return next
}

// run passes time for as long as anything is under way.
func (b *Bulk) run() {
	timer := time.NewTimer(pulse)
	defer timer.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-b.wake:
		case <-timer.C:
		}
		b.act(func(now time.Time) {
			b.out.tick(now)
			b.in.tick(now)
			b.until = b.due(now)
			if b.until.IsZero() {
				timer.Stop()
			} else {
				timer.Reset(b.until.Sub(now))
			}
		})
	}
}

// deliver hands on what arrived.
func (b *Bulk) deliver() {
	for {
		select {
		case <-b.ctx.Done():
			return
		case a := <-b.whole:
			b.cfg.Deliver(a.from, a.join())
			b.act(func(now time.Time) { b.in.delivered(a, now) })
		}
	}
}
