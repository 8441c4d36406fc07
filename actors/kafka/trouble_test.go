package kafka_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka"
	"github.com/parlor-sse/parlor/actors/kafka/kafkatest"
	"github.com/parlor-sse/parlor/persistence"
)

// insist delivers messages as a room does: again, until they are delivered.
func insist(t *testing.T, p *kafka.Producer, key persistence.RoomKey, list []persistence.Record) {
	t.Helper()
	eventually(t, "messages are delivered", func() error { return deliver(t, p, key, list) })
}

// TestTopicComesLater delivers to a topic that is made only when deliveries have
// failed.
func TestTopicComesLater(t *testing.T) {
	cfg := config(t, brokers(t).ListenAddrs()...)
	p := produce(t, cfg, func(c *kafka.ProducerConfig) { c.Delivery = 500 * time.Millisecond })
	if err := deliver(t, p, room("a"), messages(1, 3)); err == nil {
		t.Fatal("delivered to a topic that is not there")
	}
	client, err := kgo.NewClient(cfg.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = "out", 2, 1
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Topics = append(req.Topics, topic)
	if _, err := req.RequestWith(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	insist(t, p, room("a"), messages(1, 3))
	insist(t, p, room("a"), messages(4, 5))
	wantInOrder(t, read(t, cfg, "out", 5), 1, 5)
}

// holdBack has the broker hold the next request of a sort back, which is told by the
// channel, until it is released.
func holdBack(broker *kfake.Cluster, sort kmsg.Key) (held <-chan struct{}, release func()) {
	holds, released := make(chan struct{}), make(chan struct{})
	hold := sync.OnceFunc(func() { close(holds) })
	broker.ControlKey(int16(sort), func(kmsg.Request) (kmsg.Response, error, bool) {
		hold()
		broker.SleepControl(func() { <-released })
		return nil, nil, false
	})
	return holds, func() { close(released) }
}

// TestBusy hands over more than may be under way to a broker that takes its time: the
// rest is put off, which is no failure, and goes when there is a place.
func TestBusy(t *testing.T) {
	broker := brokers(t, kfake.SeedTopics(1, "out"))
	cfg := config(t, broker.ListenAddrs()...)
	reg := prometheus.NewRegistry()
	cfg.Registerer = reg
	p := produce(t, cfg, func(c *kafka.ProducerConfig) { c.BufferRecords = 10 })
	held, release := holdBack(broker, kmsg.Produce)
	done := make(chan error, 1)
	p.Deliver(room("a"), messages(1, 7), func(err error) { done <- err })
	<-held
	if err := deliver(t, p, room("b"), messages(1, 4)); !errors.Is(err, actors.ErrSinkBusy) {
		t.Errorf("more than there is a place for: %v", err)
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	insist(t, p, room("b"), messages(1, 4))
	if n := metric(t, reg, "parlor_kafka_busy_total"); n == 0 {
		t.Error("what was put off is not counted")
	}
	if n := metric(t, reg, "parlor_kafka_produced_total"); n != 11 {
		t.Errorf("%v are delivered", n)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "parlor_kafka_failed_total" {
			t.Errorf("what was put off counts as failed: %v", f)
		}
	}
}

// TestLateAnswer has the broker hold one request back until the room was told
// that it is too late, and carry it out then.
func TestLateAnswer(t *testing.T) {
	broker := brokers(t, kfake.SeedTopics(1, "out"))
	cfg := config(t, broker.ListenAddrs()...)
	p := produce(t, cfg, func(c *kafka.ProducerConfig) { c.Delivery = 300 * time.Millisecond })
	insist(t, p, room("a"), messages(1, 2))
	held, release := holdBack(broker, kmsg.Produce)
	done := make(chan error, 1)
	p.Deliver(room("a"), messages(3, 6), func(err error) { done <- err })
	<-held
	if err := <-done; !errors.Is(err, kafka.ErrTimeout) {
		t.Errorf("the broker holds it back: %v", err)
	}
	release()
	insist(t, p, room("a"), messages(3, 6))
	insist(t, p, room("a"), messages(7, 9))
	wantInOrder(t, read(t, cfg, "out", 9), 1, 9)
}

// TestBatchRefused has the broker refuse what is produced: the room is told, and
// what is behind it is not written without it.
func TestBatchRefused(t *testing.T) {
	broker := brokers(t, kfake.SeedTopics(1, "out"))
	cfg := config(t, broker.ListenAddrs()...)
	p := produce(t, cfg, nil)
	insist(t, p, room("a"), messages(1, 2))
	allow := kafkatest.RefuseProduced(broker)
	if err := deliver(t, p, room("a"), messages(3, 6)); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("the broker has refused it: %v", err)
	}
	allow()
	insist(t, p, room("a"), messages(3, 6))
	wantInOrder(t, read(t, cfg, "out", 6), 1, 6)
}

// TestCloseWhileJoining closes a consumer whose join of its group the broker does
// not answer, as it is while others of the group are waited for.
func TestCloseWhileJoining(t *testing.T) {
	broker := brokers(t, kfake.SeedTopics(1, "in"))
	joining, release := holdBack(broker, kmsg.JoinGroup)
	defer release()
	c := consume(t, config(t, broker.ListenAddrs()...), rooms(t).Publish)
	<-joining
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- c.Close(ctx) }()
	select {
	case err := <-closed:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closed, and not in time: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for the broker, and not until its context ends")
	}
}

// TestProducerRefused has the broker not let anybody write at first, as before it was
// told who may: when it does, messages are delivered.
func TestProducerRefused(t *testing.T) {
	broker := brokers(t, kfake.SeedTopics(1, "out"))
	allow := kafkatest.RefuseProducers(broker)
	cfg := config(t, broker.ListenAddrs()...)
	p := produce(t, cfg, nil)
	for range 2 {
		if err := deliver(t, p, room("a"), messages(1, 3)); !errors.Is(err, kerr.ClusterAuthorizationFailed) {
			t.Errorf("the broker has refused it: %v", err)
		}
	}
	allow()
	insist(t, p, room("a"), messages(1, 3))
	insist(t, p, room("a"), messages(4, 6))
	wantInOrder(t, read(t, cfg, "out", 6), 1, 6)
}
