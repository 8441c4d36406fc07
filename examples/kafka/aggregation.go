package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors/kafka"
)

const (
	aggregatorGroup = "events-aggregator-group"
	summaryTopic    = "events-summary-table"
)

// sessionTimeout is after how long the group gives a node up that was killed.
const sessionTimeout = 10 * time.Second

// aggregation consumes events, as one of a group, and produces their summaries.
// An offset is committed when the summary that covers it is written, so that no
// event is left out; after a crash some may be in two summaries.
type aggregation struct {
	gatherer
	topic  string
	client *kgo.Client
	pulse  *kafka.Pulse
}

// openAggregation returns an aggregation of the events of a topic. It does not
// wait for a broker.
func openAggregation(cfg kafka.Config, topic string) (*aggregation, error) {
	a := &aggregation{topic: topic}
	gone := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { a.forget(partitions[topic]) }
	client, err := kgo.NewClient(append(cfg.ClientOptions(),
		kgo.ConsumerGroup(aggregatorGroup), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.SessionTimeout(sessionTimeout),
		// A partition does not move between the poll of its events and their way
		// into the window, which forgets them if it does.
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone),
	)...)
	if err != nil {
		return nil, fmt.Errorf("aggregation: %w", err)
	}
	a.client = client
	a.gatherer.next, a.gatherer.write, a.gatherer.log = a.poll, a.produce, cfg.Logger
	a.pulse = kafka.OpenPulse(client, kafka.DefaultProbe, cfg.Logger.With("as", "aggregation"))
	return a, nil
}

func (a *aggregation) connected() bool { return a.pulse.Connected() }

// poll returns the next events, or none when ctx has ended.
func (a *aggregation) poll(ctx context.Context) []event {
	a.client.AllowRebalance() // what was polled before is in the window
	fetches := a.client.PollRecords(ctx, windowEvents)
	fetches.EachError(func(_ string, _ int32, err error) {
		if ctx.Err() == nil {
			a.log.Warn("events not fetched", "err", err)
		}
	})
	var events []event
	fetches.EachRecord(func(r *kgo.Record) {
		if !json.Valid(r.Value) {
			return // none of ours
		}
		events = append(events, event{record: r, value: valueOf(r.Value)})
	})
	return events
}

// produce writes a summary, and commits that its events are done with.
func (a *aggregation) produce(ctx context.Context, s summary, events []event) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	r := &kgo.Record{Topic: summaryTopic, Key: []byte(s.ID), Value: value}
	if err := a.client.ProduceSync(ctx, r).FirstErr(); err != nil {
		return err
	}
	records := make([]*kgo.Record, len(events))
	for i, e := range events {
		records[i] = e.record
	}
	if err := a.client.CommitRecords(ctx, records...); err != nil {
		a.log.Warn("offsets not committed: events may be summed up again", "err", err)
	}
	return nil
}

// close leaves the group, until ctx ends at the latest.
func (a *aggregation) close(ctx context.Context) {
	a.client.AllowRebalance()
	if err := a.client.LeaveGroupContext(ctx); err != nil {
		a.log.Warn("the group was not left in good order", "err", err)
	}
	a.client.Close()
	a.pulse.Close()
}
