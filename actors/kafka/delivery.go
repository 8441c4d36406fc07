package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// delivery is what a Producer was given to deliver by one call.
type delivery struct {
	// Static after newDelivery.
	producer *Producer
	room     persistence.RoomKey
	messages []persistence.Record
	bytes    int             // that it takes while it is under way
	ctx      context.Context // of its records: they are given up together
	cancel   context.CancelFunc
	deadline time.Time
	timer    *time.Timer // rings at the deadline

	mu   sync.Mutex
	left int         // guarded by mu; records without a verdict, and Deliver while it runs
	err  error       // guarded by mu; the first that a record met
	done func(error) // guarded by mu; nil once it was called
}

func newDelivery(p *Producer, room persistence.RoomKey, messages []persistence.Record, bytes int, done func(error)) *delivery {
	d := &delivery{
		producer: p, room: room, messages: messages, bytes: bytes,
		deadline: time.Now().Add(p.cfg.Delivery), left: len(messages) + 1, done: done,
	}
	d.ctx, d.cancel = context.WithCancel(p.ctx)
	d.timer = time.AfterFunc(p.cfg.Delivery, d.expire)
	return d
}

// expire tells the room that it is too late, and gives up the records. What the
// delivery holds it holds until they have a verdict.
func (d *delivery) expire() {
	d.cancel()
	d.tell(ErrTimeout)
}

// settle takes the verdict on one record, and reports whether it was the last
// one. When one has failed the others must not be written without it, so they
// are given up as far as that is still possible.
func (d *delivery) settle(err error) (last bool) {
	if err != nil {
		d.cancel()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
	}
	d.left--
	return d.left == 0
}

// verdict returns the first error that a record met.
func (d *delivery) verdict() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// tell calls done, unless it was called.
func (d *delivery) tell(err error) {
	d.mu.Lock()
	done := d.done
	d.done = nil
	d.mu.Unlock()
	if done == nil {
		return
	}
	d.timer.Stop()
	if d.producer.ctx.Err() == nil { // else it is the producer that ends, not the brokers
		d.producer.outage.note(err)
	}
	if err != nil {
		d.producer.metrics.fail(err)
	} else {
		d.producer.metrics.produced.Add(float64(len(d.messages)))
	}
	done(err)
}
