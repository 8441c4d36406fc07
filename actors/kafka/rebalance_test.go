package kafka_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/parlor-sse/parlor/actors"
)

// TestRebalance has consumers join and leave a group while records come, with
// rooms that answer slowly enough for there to be something under way.
func TestRebalance(t *testing.T) {
	cfg := config(t, brokers(t, kfake.SeedTopics(6, "in")).ListenAddrs()...)
	system := rooms(t)
	slow := func(ctx context.Context, p actors.Publication) (actors.Receipt, error) {
		select {
		case <-time.After(2 * time.Millisecond): // what a disk takes
		case <-ctx.Done():
			return actors.Receipt{}, ctx.Err()
		}
		return system.Publish(ctx, p)
	}
	var names []string
	for n := range 24 {
		names = append(names, fmt.Sprintf("r%d", n))
	}
	const rounds, each = 4, 20
	first := consume(t, cfg, slow)
	for round := range rounds {
		var writers sync.WaitGroup
		for _, name := range names {
			writers.Go(func() { write(t, cfg, numbered(name, round*each+1, (round+1)*each)...) })
		}
		if round%2 == 0 {
			second := consume(t, cfg, slow)
			writers.Wait()
			wantNumbered(t, system, (round+1)*each, names...)
			closed(t, first)
			first = second
		} else {
			writers.Wait()
		}
	}
	wantNumbered(t, system, rounds*each, names...)
	closed(t, first)
}

// TestConsumeAcrossRestart stops the broker and starts it again while records are
// published.
func TestConsumeAcrossRestart(t *testing.T) {
	opts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(freePort(t)), kfake.DataDir(t.TempDir()), kfake.SyncWrites(), kfake.SeedTopics(2, "in"),
	}
	broker, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { broker.Close() }()
	cfg := config(t, broker.ListenAddrs()...)
	system := rooms(t)
	c := consume(t, cfg, system.Publish)
	defer closed(t, c)
	names := []string{"a", "b", "c"}
	for round := range 2 {
		for _, name := range names {
			write(t, cfg, numbered(name, round*50+1, (round+1)*50)...)
		}
		wantNumbered(t, system, round*50+1, "a") // not all of them
		broker.Close()
		connected(t, c, false)
		if broker, err = kfake.NewCluster(opts...); err != nil {
			t.Fatal(err)
		}
	}
	wantNumbered(t, system, 100, names...)
	connected(t, c, true)
}
