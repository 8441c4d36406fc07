package main

import (
	"context"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/httpfront"
)

// closeTime bounds how long it takes to leave the group in good order.
const closeTime = 5 * time.Second

// links are what the node has to do with Kafka besides delivering messages, which
// every node can: an aggregation, which is nil without brokers.
type links struct{ summary *aggregation }

// tell has GET /kafka/status tell of the aggregation as well.
func (l *links) tell(edge *httpfront.Config, _ *actors.Config) {
	node := edge.Kafka
	edge.Kafka = func() httpfront.KafkaStatus {
		status := node()
		status.Aggregation = current{}
		if l.summary != nil {
			status.Consumer, status.Aggregation = l.summary.connected(), l.summary.current()
		}
		return status
	}
}

// open begins the aggregation, if there are brokers. It has no routes to add: this
// is where a program can still refuse to start.
func (l *links) open(n *serve.Node) ([]httpfront.Route, error) {
	cfg, topic, ok := n.Kafka()
	if !ok {
		return nil, nil
	}
	cfg.ClientID = "parlor-" + n.Name()
	var err error
	l.summary, err = openAggregation(cfg, topic)
	return nil, err
}

// run does what there is to do until ctx ends, beside the node's other work.
func (l *links) run(ctx context.Context, other func(context.Context)) {
	var work sync.WaitGroup
	work.Go(func() { other(ctx) })
	if l.summary != nil {
		work.Go(func() { l.summary.run(ctx) })
	}
	work.Wait()
	if l.summary != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		l.summary.close(ctx)
	}
}
