package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka"
	"github.com/parlor-sse/parlor/actors/kafka/kafkatest"
)

// TestCrashBeforeCommit publishes records of which no offset is ever committed.
// Who consumes them again publishes nothing twice.
func TestCrashBeforeCommit(t *testing.T) {
	broker := brokers(t, kfake.SeedTopics(3, "in"))
	cfg := config(t, broker.ListenAddrs()...)
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		write(t, cfg, numbered(name, 1, 20)...)
	}
	system := rooms(t)
	allow := kafkatest.RefuseCommits(broker)
	first := consume(t, cfg, system.Publish)
	wantNumbered(t, system, 20, names...)
	closed(t, first)
	allow()

	for _, name := range names {
		write(t, cfg, numbered(name, 21, 40)...)
	}
	published := make(chan bool, 1000)
	second := consume(t, cfg, func(ctx context.Context, p actors.Publication) (actors.Receipt, error) {
		r, err := system.Publish(ctx, p)
		published <- r.Duplicate
		return r, err
	})
	wantNumbered(t, system, 40, names...)
	closed(t, second)
	duplicates := 0
	for range len(published) {
		if <-published {
			duplicates++
		}
	}
	if duplicates != 20*len(names) {
		t.Errorf("%d records were consumed again", duplicates)
	}

	// What was committed now is not consumed again.
	write(t, cfg, numbered("a", 41, 41)...)
	third := consume(t, cfg, func(ctx context.Context, p actors.Publication) (actors.Receipt, error) {
		r, err := system.Publish(ctx, p)
		if r.Duplicate {
			t.Errorf("%s is consumed again", p.Key)
		}
		return r, err
	})
	defer closed(t, third)
	wantNumbered(t, system, 41, "a")
}

// TestOutcomeUnknown has publishing fail in all ways that pass, after the message
// was accepted or before.
func TestOutcomeUnknown(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(2, "in")).ListenAddrs()...)
	write(t, cfg, numbered("a", 1, 12)...)
	system := rooms(t)
	kinds := []error{
		actors.ErrUnavailable, actors.ErrUnknownOutcome, actors.ErrOverloaded, actors.ErrDraining, actors.ErrKeysExhausted, actors.ErrFailed,
	}
	attempts := map[string]int{} // by key; only one lane uses it
	c := consume(t, cfg, func(ctx context.Context, p actors.Publication) (actors.Receipt, error) {
		attempts[p.Key]++
		n := len(attempts)
		if attempts[p.Key] > 1 || n%2 == 0 {
			return system.Publish(ctx, p)
		}
		err := kinds[n/2%len(kinds)]
		if errors.Is(err, actors.ErrUnknownOutcome) {
			if _, err := system.Publish(ctx, p); err != nil {
				return actors.Receipt{}, err
			}
		}
		return actors.Receipt{}, err
	})
	wantNumbered(t, system, 12, "a")
	closed(t, c)
	total := 0
	for n := range maps.Values(attempts) {
		total += n
	}
	if len(attempts) != 12 || total != 18 {
		t.Errorf("%d attempts at %d records", total, len(attempts))
	}
}

// TestRefused passes over what a room refuses, and what it fails at each time.
func TestRefused(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(1, "in")).ListenAddrs()...)
	reg := prometheus.NewRegistry()
	cfg.Registerer = reg
	write(t, cfg, numbered("a", 1, 4)...)
	system := rooms(t)
	calls := make(chan string, 100)
	c := consume(t, cfg, func(ctx context.Context, p actors.Publication) (actors.Receipt, error) {
		calls <- p.Key
		switch p.Key {
		case "in-0-0":
			return actors.Receipt{}, actors.Refuse(422, "no", "No.")
		case "in-0-1":
			return actors.Receipt{}, fmt.Errorf("call: %w", actors.ErrBadData)
		case "in-0-2":
			return actors.Receipt{}, actors.ErrFailed
		}
		return system.Publish(ctx, p)
	})
	defer closed(t, c)
	eventually(t, "the last is published", func() error {
		if got := history(t, system, "a"); fmt.Sprint(got) != `[broadcast {"n":4,"timestamp":1}]` {
			return fmt.Errorf("there is %q", got)
		}
		return nil
	})
	if n := metric(t, reg, "parlor_kafka_skipped_total"); n != 3 || len(calls) != 1+1+5+1 {
		t.Errorf("%v are skipped after %d calls", n, len(calls))
	}
}

// TestCloseWhileUnavailable closes a consumer one of whose rooms can't be reached.
// The records for the others are published, and not lost; those that wait are
// consumed again.
func TestCloseWhileUnavailable(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(1, "in")).ListenAddrs()...)
	write(t, cfg, append(numbered("up", 1, 3), append(numbered("down", 1, 3), numbered("up", 4, 6)...)...)...)
	system := rooms(t)
	c := consume(t, cfg, func(ctx context.Context, p actors.Publication) (actors.Receipt, error) {
		if p.Room.Name == "down" {
			<-ctx.Done()
			return actors.Receipt{}, ctx.Err()
		}
		return system.Publish(ctx, p)
	})
	wantNumbered(t, system, 6, "up")
	began := time.Now()
	closed(t, c)
	if took := time.Since(began); took > kafka.DefaultPatience {
		t.Errorf("Close took %v", took)
	}
	again := consume(t, cfg, system.Publish)
	defer closed(t, again)
	wantNumbered(t, system, 3, "down")
	wantNumbered(t, system, 6, "up")
}

// TestTopicMadeAnew reads two topics of one name, one after the other: nothing of the
// second is taken for what was at the same place of the first.
func TestTopicMadeAnew(t *testing.T) {
	system := rooms(t)
	for _, upTo := range []int{20, 40} {
		cfg := config(t, brokers(t, kfake.SeedTopics(1, "in")).ListenAddrs()...)
		write(t, cfg, numbered("a", upTo-19, upTo)...)
		c := consume(t, cfg, system.Publish)
		wantNumbered(t, system, upTo, "a")
		closed(t, c)
	}
}

// TestFetchRefused has the broker not let anybody read at first. It is asked again, and
// left alone in between.
func TestFetchRefused(t *testing.T) {
	broker := brokers(t, kfake.SeedTopics(1, "in"))
	allow, refused := kafkatest.RefuseFetches(broker)
	cfg := config(t, broker.ListenAddrs()...)
	write(t, cfg, numbered("a", 1, 3)...)
	system := rooms(t)
	c := consume(t, cfg, system.Publish)
	defer closed(t, c)
	asked := func(times int) time.Time {
		eventually(t, "the broker is asked", func() error {
			if n := refused(); n < times {
				return fmt.Errorf("it was asked %d times, not %d", n, times)
			}
			return nil
		})
		return time.Now()
	}
	if first, fourth := asked(1), asked(4); fourth.Sub(first) < 200*time.Millisecond {
		t.Errorf("the broker was asked %d times within %v", refused(), fourth.Sub(first))
	}
	allow()
	wantNumbered(t, system, 3, "a")
}
