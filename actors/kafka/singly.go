package kafka

import (
	"context"
	"errors"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/persistence"
)

// singly sends deliveries again whose records were too large in batches, one
// record after the other and each in a batch of its own. Only that shows which
// record is too large by itself; the others are as good as ever.
type singly struct {
	producer *Producer
	writer   *writer // nobody else's, so that its batches are of one record

	mu      sync.Mutex
	queue   []*delivery // guarded by mu; bounded as all that is under way
	running bool        // guarded by mu; somebody works on the queue
}

// add takes a delivery over, which ends by Producer.finish.
func (s *singly) add(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, d)
	if !s.running {
		s.running = true
		go s.run()
	}
}

func (s *singly) run() {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.running = false
			s.mu.Unlock()
			return
		}
		d := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		s.producer.finish(d, s.deliver(d))
	}
}

func (s *singly) deliver(d *delivery) error {
	ctx, cancel := context.WithDeadline(s.producer.ctx, d.deadline)
	defer cancel()
	for i := range d.messages {
		if err := s.send(ctx, d.room, &d.messages[i]); err != nil {
			return err
		}
	}
	return nil
}

// send writes one message, or that it is too large.
func (s *singly) send(ctx context.Context, room persistence.RoomKey, m *persistence.Record) error {
	err := s.write(ctx, newRecord(room, m))
	if !errors.Is(err, kerr.MessageTooLarge) {
		return err
	}
	if err := s.write(ctx, newStub(room, m)); err != nil {
		return err
	}
	s.producer.metrics.oversize.Inc()
	s.producer.log.Warn("a message is too large for the topic; delivered without its value",
		"room", room, "id", m.Position, "bytes", len(m.Data))
	return nil
}

func (s *singly) write(ctx context.Context, r *kgo.Record) error {
	client := s.writer.get()
	err := client.ProduceSync(ctx, r).FirstErr()
	if hopeless(err) {
		s.writer.heal(ctx, client, err)
	}
	return err
}
