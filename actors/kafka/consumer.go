package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Bounds on what a Consumer has in hand.
const (
	maxPublishing     = 64        // calls of Publish at a time
	maxBatchBytes     = 256 << 10 // of records of one partition, as they are stored
	maxFetchBytes     = 8 << 20   // of records of all partitions, from one broker at a time
	maxFetchesAtATime = 4         // brokers that are read from at a time
)

// How long a group waits for a consumer: sessionTimeout until it gives one up that
// died, and others go on with its partitions; rebalanceTimeout until partitions move
// without one that says nothing to it. A consumer lets go of a partition at once.
const (
	sessionTimeout   = 10 * time.Second
	rebalanceTimeout = 15 * time.Second
)

// fetchPause is how long brokers that only refuse are left alone: they do so at once,
// and would be asked thousands of times a second.
const fetchPause = 500 * time.Millisecond

// Consumer publishes the records of a topic to rooms. The room is named by a
// record's header "room", or else by its key, or else is actors.DefaultRoom; the
// event by its header "event", if that is a name that publishers may use. A value
// that is a JSON object is published as it is, any other as {"message":value}.
//
// A record counts as consumed once its message is accepted, so that none is lost;
// one that is read again after a crash is recognised by its place, since each room
// remembers how far it has taken in a partition. The room's code sees the place as the
// key "topic-partition-offset". Records of a partition for one room are published in
// order. A room that can't be reached is tried again, for ever. A record that can never
// be published is counted, told to the log by its place alone, and passed over.
//
// A group that is new to the topic begins with its oldest record, and so does one whose
// topic is deleted and made anew.
type Consumer struct {
	// Static after OpenConsumer.
	cfg     ConsumerConfig
	log     *slog.Logger
	client  *kgo.Client
	pulse   *Pulse
	metrics *consumerMetrics
	places  chan struct{} // holds one for each call of Publish
	stop    context.CancelFunc
	abandon context.CancelFunc // ends whatever the client waits for
	poller  sync.WaitGroup
	outage  *outage // of publishing

	mu      sync.Mutex
	batches map[partition]*batch // guarded by mu; those being worked on
}

// partition names a partition of a topic.
type partition struct {
	topic  string
	number int32
}

// OpenConsumer returns a Consumer that has begun to consume. It does not wait for
// a broker.
func OpenConsumer(cfg ConsumerConfig) (*Consumer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Consumer{
		cfg: cfg, log: cfg.Logger.With("component", "kafka", "topic", cfg.Topic, "group", cfg.Group),
		places: make(chan struct{}, maxPublishing), batches: make(map[partition]*batch),
	}
	c.outage = &outage{log: c.log, what: "records wait for their rooms"}
	life, abandon := context.WithCancel(context.Background())
	c.abandon = abandon
	var err error
	if c.client, err = kgo.NewClient(append(c.options(), kgo.WithContext(life))...); err != nil {
		abandon()
		return nil, fmt.Errorf("kafka: %w", err)
	}
	c.pulse = OpenPulse(c.client, cfg.probe(), c.log)
	if c.metrics, err = newConsumerMetrics(cfg.Registerer, c); err != nil {
		abandon()
		c.client.Close()
		c.pulse.Close()
		return nil, fmt.Errorf("kafka: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.poller.Go(func() { c.poll(ctx) })
	return c, nil
}

func (c *Consumer) options() []kgo.Opt {
	return append(c.cfg.ClientOptions(),
		kgo.ConsumerGroup(c.cfg.Group),
		kgo.ConsumeTopics(c.cfg.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxBytes(maxFetchBytes),
		kgo.FetchMaxPartitionBytes(maxBatchBytes),
		kgo.MaxConcurrentFetches(maxFetchesAtATime),
		// Partitions that stay here are worked on while others move.
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.DisableAutoCommit(),
		kgo.SessionTimeout(sessionTimeout),
		kgo.RebalanceTimeout(rebalanceTimeout),
		// Between a poll and the start of its batches no partition moves.
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(c.release),
		kgo.OnPartitionsLost(c.release),
	)
}

// Connected reports whether brokers answer. It does not wait: they are asked in
// the background.
func (c *Consumer) Connected() bool { return c.pulse.Connected() }

// poll starts a batch for each partition that has records, until ctx ends. A
// partition is paused while its batch is worked on.
func (c *Consumer) poll(ctx context.Context) {
	failing := &outage{log: c.log, what: "records are not fetched"}
	for {
		fetches := c.client.PollFetches(ctx)
		if ctx.Err() != nil || fetches.IsClientClosed() {
			c.client.AllowRebalance()
			return
		}
		err := fetchError(fetches)
		failing.note(err)
		fetches.EachTopic(func(t kgo.FetchTopic) {
			t.EachPartition(func(p kgo.FetchPartition) {
				if len(p.Records) > 0 {
					c.begin(ctx, partition{t.Topic, p.Partition}, sourceOf(t.Topic, t.TopicID, p.Partition), p.Records)
				}
			})
		})
		c.client.AllowRebalance()
		if errors.Is(err, kerr.UnknownTopicID) {
			c.renew()
		}
		if err != nil && fetches.NumRecords() == 0 && wait(ctx, fetchPause) != nil {
			return
		}
	}
}

// renew goes over to the topic that was made under the name of one that was deleted,
// which the client does not do by itself. What is left of the old one is gone.
func (c *Consumer) renew() {
	c.log.Warn("the topic is not the one that it was: records are read from the one of its name")
	end(c.underWay())
	c.client.PurgeTopicsFromConsuming(c.cfg.Topic)
	c.client.AddConsumeTopics(c.cfg.Topic)
}

// fetchError returns why something could not be read, or nil.
func fetchError(fetches kgo.Fetches) error {
	var errs []error
	fetches.EachError(func(_ string, _ int32, err error) { errs = append(errs, err) })
	return errors.Join(errs...)
}

// begin starts to work on records of a partition.
func (c *Consumer) begin(ctx context.Context, at partition, source string, records []*kgo.Record) {
	c.client.PauseFetchPartitions(at.set())
	b := newBatch(ctx, c, source, records)
	c.mu.Lock()
	c.batches[at] = b
	c.mu.Unlock()
	go func() {
		b.run()
		c.mu.Lock()
		delete(c.batches, at)
		c.mu.Unlock()
		c.client.ResumeFetchPartitions(at.set())
		close(b.ended)
	}()
}

// release is called when partitions are another consumer's from now on. It
// returns when nothing of theirs is worked on here and what was done is committed.
func (c *Consumer) release(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	var leaving []*batch
	c.mu.Lock()
	for topic, numbers := range gone {
		for _, n := range numbers {
			if b := c.batches[partition{topic, n}]; b != nil {
				leaving = append(leaving, b)
			}
		}
	}
	c.mu.Unlock()
	end(leaving)
}

// underWay returns the batches that are being worked on.
func (c *Consumer) underWay() []*batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.batches))
}

// end ends batches and waits for them.
func end(batches []*batch) {
	for _, b := range batches {
		b.cancel()
	}
	for _, b := range batches {
		<-b.ended
	}
}

// Close ends what is being published, commits what was accepted, and leaves the
// group, until ctx ends at the latest: then the group finds out by itself, and
// the error is ctx's. What was not committed is consumed again later. It is
// called once.
func (c *Consumer) Close(ctx context.Context) error {
	defer c.abandon()
	// A join that is under way the client would wait for, whatever its brokers
	// wait for, and so would everything below.
	defer context.AfterFunc(ctx, c.abandon)()
	c.stop()
	c.poller.Wait()
	end(c.underWay())
	left := c.client.LeaveGroupContext(ctx)
	c.client.CloseAllowingRebalance()
	c.pulse.Close()
	c.metrics.set.Unregister()
	if ctx.Err() != nil {
		return fmt.Errorf("kafka: leave group: %w", context.Cause(ctx))
	}
	if left != nil { // the group finds out by itself
		c.log.Warn("the group was not left in good order", "err", left)
	}
	return nil
}

// set returns the partition as the client names it.
func (p partition) set() map[string][]int32 { return map[string][]int32{p.topic: {p.number}} }
