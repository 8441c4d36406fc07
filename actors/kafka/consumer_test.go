package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
)

// rooms opens rooms in memory that keep 1000 messages, closed with the test.
func rooms(t testing.TB) *actors.System {
	t.Helper()
	cfg := actors.DefaultConfig()
	cfg.Node, cfg.Ring, cfg.History, cfg.Update = "n1", cluster.Alone("n1"), 1000, 0
	cfg.Durability, cfg.Store = actors.DurabilityMemory, persistence.NewMemoryStore(persistence.MemoryConfig{History: cfg.History})
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	if cfg.Committer, err = persistence.OpenCommitter(cfg.Store, persistence.CommitterConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Committer.Close() }) // a memory store has nothing to fail
	system, err := actors.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Close)
	return system
}

// consume opens a consumer of topic in. The test closes it, or has it closed.
func consume(t testing.TB, cfg kafka.Config, publish func(context.Context, actors.Publication) (actors.Receipt, error)) *kafka.Consumer {
	t.Helper()
	c, err := kafka.OpenConsumer(kafka.ConsumerConfig{Config: cfg, Topic: "in", Produced: "out", Publish: publish})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closed(t testing.TB, c *kafka.Consumer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}

// write writes records to topic in.
func write(t testing.TB, cfg kafka.Config, records ...*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(append(cfg.ClientOptions(), kgo.DefaultProduceTopic("in"), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// numbered returns records for a room by its key, numbered from one to another,
// both included.
func numbered(room string, from, to int) []*kgo.Record {
	var list []*kgo.Record
	for n := from; n <= to; n++ {
		list = append(list, &kgo.Record{Key: []byte(room), Value: fmt.Appendf(nil, `{"n":%d,"timestamp":1}`, n)})
	}
	return list
}

// wantNumbered waits until rooms have so many messages, and wants them to be
// numbered from 1, each once.
func wantNumbered(t testing.TB, system *actors.System, count int, names ...string) {
	t.Helper()
	for _, name := range names {
		var got []string
		eventually(t, fmt.Sprintf("%d messages in %s", count, name), func() error {
			if got = history(t, system, name); len(got) < count {
				return fmt.Errorf("there are %d", len(got))
			}
			return nil
		})
		for i, text := range got {
			if want := fmt.Sprintf(`broadcast {"n":%d,"timestamp":1}`, i+1); text != want {
				t.Errorf("message %d of %s is %s", i+1, name, text)
			}
		}
	}
}

// history returns what a room has been sent: event and data.
func history(t testing.TB, system *actors.System, name string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	records, err := system.History(ctx, room(name))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, r := range records {
		list = append(list, r.Event+" "+string(r.Data))
	}
	return list
}

// sorts returns records of all sorts: nine that can be published, the last of
// which is the last of all, and nine that can't.
func sorts() []*kgo.Record {
	named := func(room, event string) []kgo.RecordHeader {
		return []kgo.RecordHeader{{Key: "room", Value: []byte(room)}, {Key: "event", Value: []byte(event)}}
	}
	const big = 64 << 10
	return []*kgo.Record{
		&kgo.Record{Key: []byte("lobby"), Value: []byte(` {"timestamp":1, "b":2}`)},
		&kgo.Record{Key: []byte("elsewhere"), Headers: named("lobby", "price"), Value: []byte(`{"timestamp":2}`)},
		&kgo.Record{Value: []byte(`{"timestamp":3}`)},
		&kgo.Record{Key: []byte("lobby"), Headers: named("lobby", "gap"), Value: []byte(`{"timestamp":4}`)},
		&kgo.Record{Key: []byte("lobby"), Headers: named("lobby", "a b"), Value: []byte(`{"timestamp":5}`)},
		&kgo.Record{Key: []byte("text"), Value: []byte("a \"b\"\n\u2028é{")},
		&kgo.Record{Key: []byte("text"), Value: []byte(`[1, "two"]`)},
		&kgo.Record{Key: []byte("text"), Value: []byte(`null`)},
		// None of these can be published.
		&kgo.Record{Key: []byte("not a room"), Value: []byte(`{"secret":1}`)},
		&kgo.Record{Key: []byte("lobby"), Headers: named("", ""), Value: []byte(`{"secret":1}`)},
		&kgo.Record{Key: []byte("lobby")},
		&kgo.Record{Key: []byte("lobby"), Value: []byte("\"\xff\"")},
		&kgo.Record{Key: []byte("lobby"), Value: []byte(`{"secret":1,"secret":2}`)},
		&kgo.Record{Key: []byte("lobby"), Value: []byte(`[{"secret":1,"secret":2}]`)},
		&kgo.Record{Key: []byte("lobby"), Value: []byte(`{"secret":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`)},
		&kgo.Record{Key: []byte("lobby"), Value: []byte(`{"secret":"` + strings.Repeat("x", big) + `"}`)},
		&kgo.Record{Key: []byte("lobby"), Value: []byte(strings.Repeat("\n", big))},
		// This one can.
		&kgo.Record{Key: []byte("lobby"), Value: []byte(`{"timestamp":6}`)},
	}
}

// TestConsume consumes all sorts of records from one partition.
func TestConsume(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(1, "in")).ListenAddrs()...)
	reg := prometheus.NewRegistry()
	var log journal
	cfg.Registerer, cfg.Logger = reg, logTo(&log)
	write(t, cfg, sorts()...)
	system := rooms(t)
	c := consume(t, cfg, system.Publish)
	defer closed(t, c)
	want := []string{
		`broadcast {"timestamp":1,"b":2}`, `price {"timestamp":2}`, `broadcast {"timestamp":4}`, `broadcast {"timestamp":5}`,
		`broadcast {"timestamp":6}`,
	}
	eventually(t, "all are published", func() error {
		if got := history(t, system, "lobby"); fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("got %q", got)
		}
		return nil
	})
	eventually(t, "all have been looked at", func() error {
		if n := metric(t, reg, "parlor_kafka_consumed_total"); n != 9 {
			return fmt.Errorf("%v are consumed", n)
		}
		return nil
	})
	if got := history(t, system, "global"); fmt.Sprint(got) != `[broadcast {"timestamp":3}]` {
		t.Errorf("global has %q", got)
	}
	for i, want := range []string{
		"broadcast {\"message\":\"a \\\"b\\\"\\n\u2028é{\",", `broadcast {"message":[1,"two"],`, `broadcast {"message":null,`,
	} {
		if got := history(t, system, "text"); len(got) != 3 || !strings.HasPrefix(got[i], want) {
			t.Errorf("text %d is %q", i, got)
		}
	}
	if n := metric(t, reg, "parlor_kafka_skipped_total"); n != 9 {
		t.Errorf("%v are skipped", n)
	}
	if strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "offset=8") {
		t.Errorf("the log says\n%s", log.String())
	}
	connected(t, c, true)
}
