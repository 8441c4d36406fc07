// Package broker is the Kafka broker that the nodes of a fault run hand their
// messages to. It lives in the harness, goes away and comes back as a fault wants
// it, and notes everything that it was given.
package broker

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

const (
	topic = "messages"
	// partitions are fewer than rooms, so that rooms share them.
	partitions = 5
)

// Broker is a broker and who reads its topic. Its methods may be called from any
// goroutine, but nothing after Stop.
type Broker struct {
	// Static after Start.
	address  string // host:port, the same however often it comes back
	options  []kfake.Opt
	recorder *history.Recorder
	reader   *kgo.Client
	work     sync.WaitGroup

	turning sync.Mutex     // held while it comes or goes
	cluster *kfake.Cluster // guarded by turning; nil while it is away

	mu     sync.Mutex
	newest map[string]uint64 // guarded by mu; by room
}

// Start starts a broker at the host, with its records in dir, and begins to note
// them.
func Start(host, dir string, recorder *history.Recorder) (*Broker, error) {
	b := &Broker{address: net.JoinHostPort(host, "0"), recorder: recorder, newest: make(map[string]uint64)}
	b.options = []kfake.Opt{
		kfake.NumBrokers(1), kfake.DataDir(dir), kfake.SyncWrites(), kfake.SeedTopics(partitions, topic), kfake.ListenFn(b.listen),
	}
	if err := b.Return(); err != nil {
		return nil, err
	}
	var err error
	b.reader, err = kgo.NewClient(kgo.SeedBrokers(b.address), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		b.Leave()
		return nil, fmt.Errorf("read from the broker: %w", err)
	}
	b.work.Go(b.read)
	return b, nil
}

// listen listens where the broker is, whatever it was going to listen at.
func (b *Broker) listen(network, _ string) (net.Listener, error) {
	l, err := net.Listen(network, b.address)
	if err == nil {
		b.address = l.Addr().String()
	}
	return l, err
}

// Flags are what nodes have to be started with.
func (b *Broker) Flags() []string {
	return []string{"--kafka-brokers", b.address, "--kafka-topic", topic}
}

// Leave has the broker go away without a word, if it is there. It keeps what it
// has acknowledged.
func (b *Broker) Leave() {
	b.turning.Lock()
	defer b.turning.Unlock()
	if b.cluster != nil {
		b.cluster.Close()
		b.cluster = nil
	}
}

// Return has it come back, if it is away.
func (b *Broker) Return() error {
	b.turning.Lock()
	defer b.turning.Unlock()
	if b.cluster != nil {
		return nil
	}
	var err error
	if b.cluster, err = kfake.NewCluster(b.options...); err != nil {
		return fmt.Errorf("start the broker: %w", err)
	}
	return nil
}

// Stop ends the broker and its reader.
func (b *Broker) Stop() {
	b.reader.Close()
	b.work.Wait()
	b.Leave()
}

// Newest returns the greatest seq that was read of each room.
func (b *Broker) Newest(room string) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.newest[room]
}

// read notes all records, until the reader is closed.
func (b *Broker) read() {
	for {
		fetches := b.reader.PollFetches(context.Background())
		if fetches.IsClientClosed() {
			return
		}
		fetches.EachRecord(b.note)
	}
}

func (b *Broker) note(r *kgo.Record) {
	room, id := string(r.Key), header(r, "id")
	b.recorder.Note(history.Handed{
		Time: b.recorder.Now(), Room: room, ID: id,
		UUID: history.UUID(r.Value), SHA: history.Digest(header(r, "event"), r.Value),
	})
	position, _ := history.Position(id)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.newest[room] = max(b.newest[room], position.Seq)
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}
