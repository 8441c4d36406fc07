package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// sinkPatience bounds the waits for what a room hands on after a crash: it is
// looked after half a minute after the look before, and what failed is tried again
// after some seconds more.
const sinkPatience = 90 * time.Second

// broker is a Kafka broker in this process that can go away and come back with
// all that it had.
type broker struct {
	t       *testing.T
	addr    string
	options []kfake.Opt
	cluster *kfake.Cluster // nil while it is away
}

// newBroker returns a broker with these topics, of three partitions each. It is
// away.
func newBroker(t *testing.T, topics ...string) *broker {
	t.Helper()
	port := ports.Take(t)
	b := &broker{t: t, addr: ports.Local(port), options: []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(t.TempDir()), kfake.SyncWrites(), kfake.SeedTopics(3, topics...),
	}}
	t.Cleanup(b.stop)
	return b
}

// startBroker is newBroker, and the broker is there.
func startBroker(t *testing.T, topics ...string) *broker {
	t.Helper()
	b := newBroker(t, topics...)
	b.start()
	return b
}

// start has the broker come, or come back.
func (b *broker) start() {
	b.t.Helper()
	var err error
	if b.cluster, err = kfake.NewCluster(b.options...); err != nil {
		b.t.Fatal(err)
	}
}

// stop has the broker go away.
func (b *broker) stop() {
	if b.cluster != nil {
		b.cluster.Close()
		b.cluster = nil
	}
}

// produced returns the flags of a node whose messages go to topic out.
func (b *broker) produced(more ...string) []string {
	return append([]string{"--kafka-brokers", b.addr, "--kafka-topic", "out"}, more...)
}

// topic is what was read of a topic so far. Its methods are for one goroutine.
type topic struct {
	t      *testing.T
	name   string
	client *kgo.Client
	rooms  map[string]*delivered // by key
}

// delivered is what a topic holds of one room.
type delivered struct {
	seqs   []uint64               // of first copies, in the order of the topic
	copies int                    // of records that were there before
	byID   map[string]*kgo.Record // first copies
}

// read begins to read a topic from its oldest record.
func (b *broker) read(name string) *topic {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr), kgo.ConsumeTopics(name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(client.Close)
	return &topic{t: b.t, name: name, client: client, rooms: make(map[string]*delivered)}
}

// of returns what was read of a room.
func (tp *topic) of(room string) *delivered {
	d := tp.rooms[room]
	if d == nil {
		d = &delivered{byID: make(map[string]*kgo.Record)}
		tp.rooms[room] = d
	}
	return d
}

// until reads on until every room has a record with the id that it is given for.
func (tp *topic) until(newest map[string]string) {
	tp.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), sinkPatience)
	defer cancel()
	missing := func() string {
		for room, id := range newest {
			if tp.of(room).byID[id] == nil {
				return fmt.Sprintf("%s of %s, of which there are %d", id, room, len(tp.of(room).seqs))
			}
		}
		return ""
	}
	for missing() != "" {
		fetches := tp.client.PollFetches(ctx)
		if ctx.Err() != nil {
			tp.t.Fatalf("topic %s lacks, after %v, %s", tp.name, sinkPatience, missing())
		}
		fetches.EachRecord(tp.take)
	}
}

// take notes a record. It has to say what it is, and copies have to be alike.
func (tp *topic) take(r *kgo.Record) {
	tp.t.Helper()
	d, id := tp.of(string(r.Key)), header(r, "id")
	if header(r, "room") != string(r.Key) || header(r, "kind") != "room" {
		tp.t.Errorf("a record with key %s and headers %s", r.Key, r.Headers)
	}
	if first := d.byID[id]; first != nil {
		d.copies++
		if string(first.Value) != string(r.Value) || header(first, "event") != header(r, "event") {
			tp.t.Errorf("%s of %s is %s, and was %s before", id, r.Key, r.Value, first.Value)
		}
		return
	}
	d.byID[id] = r
	d.seqs = append(d.seqs, position(tp.t, id).Seq)
}

// complete wants the first copies of a room's messages to be in order, from the
// first one and without a hole.
func (tp *topic) complete(room string) {
	tp.t.Helper()
	for i, seq := range tp.of(room).seqs {
		if seq != uint64(i+1) {
			tp.t.Fatalf("%s: place %d of topic %s is for seq %d", room, i+1, tp.name, seq)
		}
	}
}

// holds wants the record of a message as its publisher was answered.
func (tp *topic) holds(room, event string, r receipt) {
	tp.t.Helper()
	rec := tp.of(room).byID[r.ID]
	if rec == nil {
		tp.t.Errorf("%s: %s was accepted and is not in topic %s", room, r.ID, tp.name)
		return
	}
	if string(rec.Value) != string(r.Data) || header(rec, "event") != event {
		tp.t.Errorf("%s: %s is %s %s in topic %s, and was accepted as %s", room, r.ID, header(rec, "event"), rec.Value, tp.name, r.Data)
	}
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// kcat runs Debian's kcat, a client of another make, with text as its input and
// returns what it prints.
func kcat(t *testing.T, input string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("kcat")
	if err != nil {
		if os.Getenv("PARLOR_TEST_KCAT") == "require" {
			t.Fatal("kcat is required and not installed")
		}
		t.Skip("kcat is not installed; it is Debian's package kcat")
	}
	cmd := proctest.Command(t, path, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("kcat %q: %v\n%s", args, err, out)
	}
	return string(out)
}
