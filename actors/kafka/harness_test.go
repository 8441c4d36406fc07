package kafka_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/actors/kafka"
	"github.com/parlor-sse/parlor/persistence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds how long a test waits for what has to happen.
const patience = 30 * time.Second

// brokers starts brokers in this process, which are closed with the test.
func brokers(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// config returns how to reach brokers.
func config(t testing.TB, addrs ...string) kafka.Config {
	return kafka.Config{
		Brokers: addrs, Probe: 20 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// produce opens a producer to topic out, which is closed with the test.
func produce(t testing.TB, cfg kafka.Config, change func(*kafka.ProducerConfig)) *kafka.Producer {
	t.Helper()
	pc := kafka.ProducerConfig{Config: cfg, Topic: "out"}
	if change != nil {
		change(&pc)
	}
	p, err := kafka.OpenProducer(pc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Close(ctx) // a test that wants it to be flushed has closed it
	})
	return p
}

// room returns the key of a room of the default kind.
func room(name string) persistence.RoomKey { return persistence.RoomKey{Kind: "room", Name: name} }

// messages returns a room's messages from one seq to another, both included.
func messages(from, to uint64) []persistence.Record {
	var list []persistence.Record
	for seq := from; seq <= to; seq++ {
		list = append(list, persistence.Record{
			Position: persistence.Position{Epoch: 7, Seq: seq}, Time: 1_700_000_000_000 + int64(seq), Event: "broadcast",
			Data: fmt.Appendf(nil, `{"n":%d}`, seq),
		})
	}
	return list
}

// deliver has messages delivered and returns how that ended.
func deliver(t testing.TB, p *kafka.Producer, key persistence.RoomKey, list []persistence.Record) error {
	t.Helper()
	done := make(chan error, 2)
	p.Deliver(key, list, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatalf("done was not called for %s within %v", key, patience)
		return nil
	}
}

// read returns the first so many records of a topic, over all of its partitions.
func read(t testing.TB, cfg kafka.Config, topic string, count int) []*kgo.Record {
	t.Helper()
	opts := append(cfg.ClientOptions(), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var records []*kgo.Record
	for len(records) < count {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d records of %s came within %v, not %d", len(records), topic, patience, count)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

// header returns a record's header, and whether there is one.
func header(r *kgo.Record, key string) (string, bool) {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value), true
		}
	}
	return "", false
}

// eventually waits until check finds nothing to complain about.
func eventually(t testing.TB, what string, check func() error) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s: %v", patience, what, err)
		}
	}
}

// connected wants a producer or consumer to find out whether brokers answer.
func connected(t testing.TB, c interface{ Connected() bool }, want bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("Connected is %v", want), func() error {
		if c.Connected() != want {
			return fmt.Errorf("it is %v", !want)
		}
		return nil
	})
}

// journal collects a log.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// metric returns the sum of a metric over its labels.
func metric(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		sum := 0.0
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
		return sum
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
