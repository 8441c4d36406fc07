package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// delivered follows events into Kafka, while the broker is away for some of them
// and the node that owns the room is killed: all arrive, first ones in order.
func delivered(t *testing.T, program string) {
	opts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(ports.Take(t)), kfake.DataDir(t.TempDir()), kfake.SyncWrites(),
		kfake.SeedTopics(1, "events-topic", summaryTopic),
	}
	broker, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { broker.Close() }()
	const every = 50 * time.Millisecond
	c := nodetest.StartCluster(t, program, 3, "--kafka-brokers", strings.Join(broker.ListenAddrs(), ","), "--interval", every.String())
	heard(t, c.Nodes[0].Open(namedStream), 20)
	broker.Close()
	heard(t, c.Nodes[1].Open(namedStream), 20)
	if broker, err = kfake.NewCluster(opts...); err != nil {
		t.Fatal(err)
	}
	owner := c.Owner("room", "global")
	listener := c.Others(owner)[0].Open(namedStream)
	heard(t, listener, 1)
	owner.Kill()
	list := heard(t, listener, 40)
	want := list[len(list)-1].Times
	wantRising(t, list, every)

	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.ConsumeTopics("events-topic"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*proctest.Patience)
	defer cancel()
	var last uint64
	for last < want {
		records := client.PollFetches(ctx).Records()
		if ctx.Err() != nil {
			t.Fatalf("of %d events %d arrived", want, last)
		}
		for _, r := range records {
			n := uint64(valueOf(r.Value))
			if n > last+1 || string(r.Key) != "global" {
				t.Fatalf("%s of room %s follows on %d", r.Value, r.Key, last)
			}
			last = max(last, n)
		}
	}
}
