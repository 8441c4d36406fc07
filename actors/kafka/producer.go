package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// Why a Producer did not deliver, besides what brokers and network say.
var (
	// ErrUnsettled: of the room's delivery before it is not known yet what became
	// of it, and to send more could change their order; nothing was sent.
	ErrUnsettled = errors.New("kafka: the room's delivery before is not settled")
	// ErrTimeout: no broker has confirmed the messages in time; they may be
	// written nevertheless.
	ErrTimeout = errors.New("kafka: the messages were not confirmed in time")
	// ErrClosed: the Producer is closed; nothing was sent.
	ErrClosed = errors.New("kafka: the producer is closed")
)

// linger is how long a record waits for others to go with it.
const linger = 5 * time.Millisecond

// Producer is an actors.Sink that writes messages to a topic. The records of a
// room are in one partition, in the room's order; when a delivery is repeated,
// because it failed or its confirmation was lost, records appear twice, and the
// first ones of each are in order. A record is written once all in-sync replicas
// of its partition have it. Order across a change of the number of partitions is
// not kept, since Kafka does not. When the topic is deleted, and made anew, the one
// of its name is written to.
//
// A message that is larger than the topic takes is delivered as a record without
// a value, so that it does not keep those behind it; see HeaderError.
type Producer struct {
	// Static after OpenProducer.
	cfg     ProducerConfig
	log     *slog.Logger
	writer  *writer // sends what Deliver is given
	singly  *singly // sends again, one by one, what was too large together
	pulse   *Pulse
	metrics *producerMetrics
	ctx     context.Context // ends when what is under way is given up
	stop    context.CancelFunc

	outage  *outage        // of deliveries
	pending sync.WaitGroup // deliveries; begun while mu is held and closed is not set

	mu      sync.Mutex
	rooms   map[persistence.RoomKey]struct{} // guarded by mu; with a delivery that is not settled
	records int                              // guarded by mu; of those deliveries
	bytes   int                              // guarded by mu; of those deliveries
	closed  bool                             // guarded by mu
}

var _ actors.Sink = (*Producer)(nil)

// OpenProducer returns a Producer. It does not wait for a broker.
func OpenProducer(cfg ProducerConfig) (*Producer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	opts := append(cfg.ClientOptions(),
		kgo.DefaultProduceTopic(cfg.Topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(linger),
		// What is under way is bounded by admit, before anything of a delivery is
		// sent: the client must not refuse some of its records.
		kgo.MaxBufferedRecords(2*(cfg.BufferRecords+actors.MaxDelivery)),
		// Rooms want to know in time, and repeat what may have been written.
		kgo.AllowIdempotentProduceCancellation(),
	)
	log := cfg.Logger.With("component", "kafka", "topic", cfg.Topic)
	together, err := newWriter(opts, log)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	single, err := newWriter(opts, log)
	if err != nil {
		together.close()
		return nil, fmt.Errorf("kafka: %w", err)
	}
	p := &Producer{cfg: cfg, log: log, writer: together, rooms: make(map[persistence.RoomKey]struct{})}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.singly = &singly{producer: p, writer: single}
	p.outage = &outage{log: p.log, what: "messages are not delivered"}
	p.pulse = OpenPulse(together, cfg.probe(), p.log)
	if p.metrics, err = newProducerMetrics(cfg.Registerer, p); err != nil {
		p.shut()
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return p, nil
}

// Connected reports whether brokers answer. It does not wait: they are asked in
// the background.
func (p *Producer) Connected() bool { return p.pulse.Connected() }

// Deliver implements actors.Sink. Done is called within ProducerConfig.Delivery: with
// actors.ErrSinkBusy if too much is under way already.
func (p *Producer) Deliver(room persistence.RoomKey, messages []persistence.Record, done func(error)) {
	d, err := p.admit(room, messages, done)
	if err != nil {
		p.metrics.refuse(err)
		go done(err)
		return
	}
	client := p.writer.get()
	for i := range messages {
		client.TryProduce(d.ctx, newRecord(room, &messages[i]), func(_ *kgo.Record, err error) {
			if d.settle(err) {
				p.conclude(d, client)
			}
		})
	}
	if d.settle(nil) {
		go p.conclude(d, client)
	}
}

// admit begins a delivery, if there is room for all of it.
func (p *Producer) admit(room persistence.RoomKey, messages []persistence.Record, done func(error)) (*delivery, error) {
	bytes := weight(room, messages)
	p.mu.Lock()
	defer p.mu.Unlock()
	_, unsettled := p.rooms[room]
	switch {
	case p.closed:
		return nil, ErrClosed
	case unsettled:
		return nil, ErrUnsettled
	case p.records+len(messages) > p.cfg.BufferRecords, p.bytes+bytes > p.cfg.BufferBytes:
		return nil, actors.ErrSinkBusy
	}
	p.rooms[room] = struct{}{}
	p.records += len(messages)
	p.bytes += bytes
	p.pending.Add(1)
	d := newDelivery(p, room, messages, bytes, done)
	return d, nil
}

// conclude ends a delivery of whose records each has a verdict by a client, or has
// them sent once more.
func (p *Producer) conclude(d *delivery, client *kgo.Client) {
	switch err := d.verdict(); {
	case errors.Is(err, kerr.MessageTooLarge):
		// It is a batch of records that was too large: this room's, and others.
		p.singly.add(d)
	case hopeless(err):
		go func() {
			ctx, cancel := context.WithDeadline(p.ctx, d.deadline)
			defer cancel()
			p.writer.heal(ctx, client, err)
			p.finish(d, err)
		}()
	default:
		p.finish(d, err)
	}
}

// finish gives back what a delivery holds and says how it ended.
func (p *Producer) finish(d *delivery, err error) {
	d.cancel()
	p.mu.Lock()
	delete(p.rooms, d.room)
	p.records -= len(d.messages)
	p.bytes -= d.bytes
	p.mu.Unlock()
	d.tell(err)
	p.pending.Done()
}

// held returns what is under way.
func (p *Producer) held() (records, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.records, p.bytes
}

// Close refuses what comes from now on, and waits until what is under way is
// delivered or has failed, or ctx ends: then it fails, and the error is ctx's.
// It is called once.
func (p *Producer) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		p.pending.Wait()
	}()
	var err error
	select {
	case <-settled:
	case <-ctx.Done():
		err = fmt.Errorf("kafka: flush: %w", context.Cause(ctx))
	}
	p.shut()
	<-settled
	p.metrics.set.Unregister()
	return err
}

// shut fails what is under way, and closes all that OpenProducer has opened.
func (p *Producer) shut() {
	p.stop()
	p.writer.close()
	p.singly.writer.close()
	p.pulse.Close()
}
