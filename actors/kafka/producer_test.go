package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka"
	"github.com/parlor-sse/parlor/persistence"
)

// TestDeliver delivers messages of many rooms at a time.
func TestDeliver(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(5, "out")).ListenAddrs()...)
	reg := prometheus.NewRegistry()
	cfg.Registerer = reg
	p := produce(t, cfg, nil)
	const rooms, batches, size = 20, 5, 8
	var work sync.WaitGroup
	for n := range rooms {
		key := room(fmt.Sprintf("r%d", n))
		work.Go(func() {
			for i := range uint64(batches) {
				if err := deliver(t, p, key, messages(i*size+1, (i+1)*size)); err != nil {
					t.Error(key, err)
				}
			}
		})
	}
	work.Wait()
	wantInOrder(t, read(t, cfg, "out", rooms*batches*size), rooms, batches*size)
	if err := deliver(t, p, room("r1"), nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
	connected(t, p, true)
	if got := metric(t, reg, "parlor_kafka_produced_total"); got != rooms*batches*size {
		t.Errorf("%v are counted", got)
	}
	if got := metric(t, reg, "parlor_kafka_buffered") + metric(t, reg, "parlor_kafka_buffered_bytes"); got != 0 {
		t.Errorf("%v are still under way", got)
	}
}

// wantInOrder wants each room's records to be its messages: in one partition, in
// order if what was there before is left out, and none missing.
func wantInOrder(t *testing.T, records []*kgo.Record, rooms, each int) {
	t.Helper()
	next, partitions := map[string]uint64{}, map[string]int32{}
	for _, r := range records {
		key := string(r.Key)
		if at, ok := partitions[key]; ok && at != r.Partition {
			t.Errorf("%s is in partitions %d and %d", key, at, r.Partition)
		}
		partitions[key] = r.Partition
		id, _ := header(r, "id")
		at, err := persistence.ParsePosition(id)
		if err != nil || at.Seq > next[key]+1 {
			t.Errorf("%s: id %q follows on %d, %v", key, id, next[key], err)
		}
		next[key] = max(next[key], at.Seq)
		wantRecord(t, r, &messages(at.Seq, at.Seq)[0])
	}
	if len(next) != rooms || slices.ContainsFunc(slices.Collect(maps.Values(next)), func(n uint64) bool { return n != uint64(each) }) {
		t.Errorf("the rooms' newest records are %v, want %d in each of %d", next, each, rooms)
	}
}

func wantRecord(t *testing.T, r *kgo.Record, m *persistence.Record) {
	t.Helper()
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[h.Key] = string(h.Value)
	}
	want := map[string]string{"id": m.Position.String(), "room": string(r.Key), "kind": "room", "event": m.Event}
	if !maps.Equal(headers, want) || !bytes.Equal(r.Value, m.Data) || r.Timestamp.UnixMilli() != m.Time {
		t.Errorf("record %s %s %v, want %s %s", headers, r.Value, r.Timestamp, want, m.Data)
	}
}

// TestDeliverAcrossRestarts stops the broker and starts it again while rooms
// deliver, each repeating what has failed, as rooms do.
func TestDeliverAcrossRestarts(t *testing.T) {
	opts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(freePort(t)), kfake.DataDir(t.TempDir()), kfake.SyncWrites(), kfake.SeedTopics(2, "out"),
	}
	broker, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { broker.Close() }()
	cfg := config(t, broker.ListenAddrs()...)
	p := produce(t, cfg, func(c *kafka.ProducerConfig) { c.Delivery = 300 * time.Millisecond })
	const rooms, batches, size = 10, 30, 5
	var work sync.WaitGroup
	reached := make(chan struct{}, rooms*batches)
	for n := range rooms {
		key := room(fmt.Sprintf("r%d", n))
		work.Go(func() {
			for i := range uint64(batches) {
				for deliver(t, p, key, messages(i*size+1, (i+1)*size)) != nil {
					<-time.After(20 * time.Millisecond) // as a room does, before it tries again
				}
				reached <- struct{}{}
			}
		})
	}
	for range 2 {
		for range rooms * batches / 3 {
			<-reached
		}
		broker.Close()
		connected(t, p, false)
		if broker, err = kfake.NewCluster(opts...); err != nil {
			t.Fatal(err)
		}
	}
	work.Wait()
	connected(t, p, true)
	wantInOrder(t, read(t, cfg, "out", rooms*batches*size), rooms, batches*size)
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestOversize delivers a message that the topic does not take, between others
// that it does, of the same room and of others of the same partition.
func TestOversize(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(1, "out"), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "1000"})).ListenAddrs()...)
	p := produce(t, cfg, nil)
	list := messages(1, 5)
	list[2].Data = fmt.Appendf(nil, `{"n":%q}`, incompressible(3000))
	var work sync.WaitGroup
	for _, name := range []string{"small", "large"} {
		work.Go(func() {
			sent := messages(1, 5)
			if name == "large" {
				sent = list
			}
			if err := deliver(t, p, room(name), sent); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	work.Wait()
	if err := deliver(t, p, room("large"), messages(6, 6)); err != nil {
		t.Error(err)
	}
	next := map[string]uint64{}
	for _, r := range read(t, cfg, "out", 11) {
		id, _ := header(r, "id")
		at, err := persistence.ParsePosition(id)
		if err != nil || at.Seq > next[string(r.Key)]+1 {
			t.Errorf("%s: id %s follows on %d, %v", r.Key, id, next[string(r.Key)], err)
		}
		next[string(r.Key)] = max(next[string(r.Key)], at.Seq)
		why, failed := header(r, kafka.HeaderError)
		oversize := string(r.Key) == "large" && at.Seq == 3
		if oversize != failed || oversize && (len(r.Value) > 0 || why != kafka.ErrorTooLarge) {
			t.Errorf("%s %s has error %q and the value %s", r.Key, id, why, r.Value)
		}
	}
	if !maps.Equal(next, map[string]uint64{"small": 5, "large": 6}) {
		t.Errorf("the newest are %v", next)
	}
}

// incompressible returns text that does not get smaller.
func incompressible(size int) string {
	var b strings.Builder
	for x := uint64(1); b.Len() < size; x = x*6364136223846793005 + 1442695040888963407 {
		fmt.Fprintf(&b, "%x", x>>20)
	}
	return b.String()[:size]
}

// TestBrokerAway delivers while no broker answers: one that refuses connections,
// and one that takes them and says nothing.
func TestBrokerAway(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for name, addr := range map[string]string{
		"refused": fmt.Sprintf("127.0.0.1:%d", freePort(t)), "mute": mute.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			var log journal
			cfg := config(t, addr)
			cfg.Logger = logTo(&log)
			p := produce(t, cfg, func(c *kafka.ProducerConfig) { c.Delivery, c.BufferRecords = 400*time.Millisecond, 10 })
			began := time.Now()
			first := make(chan error, 1)
			p.Deliver(room("a"), messages(1, 4), func(err error) { first <- err })
			if err := deliver(t, p, room("a"), messages(1, 4)); !errors.Is(err, kafka.ErrUnsettled) {
				t.Errorf("while one is under way: %v", err)
			}
			if err := deliver(t, p, room("b"), messages(1, 7)); !errors.Is(err, actors.ErrSinkBusy) {
				t.Errorf("with more than there is room for: %v", err)
			}
			if err := <-first; err == nil {
				t.Error("it was delivered to nobody")
			}
			if took := time.Since(began); took > patience {
				t.Errorf("that took %v", took)
			}
			eventually(t, "the room can try again", func() error {
				if err := deliver(t, p, room("a"), messages(1, 4)); errors.Is(err, kafka.ErrUnsettled) {
					return err
				}
				return nil
			})
			if p.Connected() {
				t.Error("connected to nobody")
			}
			if n := strings.Count(log.String(), "messages are not delivered"); n != 1 {
				t.Errorf("the outage is logged %d times:\n%s", n, log.String())
			}
		})
	}
}

// TestClose closes a producer with messages under way.
func TestClose(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(1, "out")).ListenAddrs()...)
	p, err := kafka.OpenProducer(kafka.ProducerConfig{Config: cfg, Topic: "out"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	p.Deliver(room("a"), messages(1, 9), func(err error) { done <- err })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	default:
		t.Error("Close has not waited")
	}
	if err := deliver(t, p, room("a"), messages(10, 10)); !errors.Is(err, kafka.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if got := len(read(t, cfg, "out", 9)); got != 9 {
		t.Errorf("%d records", got)
	}
}

// TestCloseAway closes a producer whose broker is away. That it was closed is not taken
// for trouble with brokers.
func TestCloseAway(t *testing.T) {
	cfg, said := config(t, fmt.Sprintf("127.0.0.1:%d", freePort(t))), new(journal)
	cfg.Logger = slog.New(slog.NewTextHandler(said, nil))
	p, err := kafka.OpenProducer(kafka.ProducerConfig{Config: cfg, Topic: "out"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	p.Deliver(room("a"), messages(1, 9), func(err error) { done <- err })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	if err := <-done; err == nil {
		t.Error("it was delivered to nobody")
	}
	if strings.Contains(said.String(), "outage") {
		t.Error(said)
	}
}
