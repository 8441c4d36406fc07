package actors_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// stalled is a sink that says nothing of what it is given until it goes on.
type stalled struct {
	*collector
	mu    sync.Mutex
	goes  bool     // guarded by mu
	given []func() // guarded by mu
}

// Deliver implements actors.Sink.
func (s *stalled) Deliver(room persistence.RoomKey, messages []persistence.Record, done func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	deliver := func() { s.collector.Deliver(room, messages, done) }
	if s.goes {
		deliver()
		return
	}
	s.given = append(s.given, deliver)
}

func (s *stalled) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goes = true
	for _, deliver := range s.given {
		deliver()
	}
	s.given = nil
}

// sinkBound is what may wait in these tests, and greedyBody the data of one
// message of a greedy room.
const sinkBound = 1 << 20

var greedyBody = fmt.Appendf(nil, `{"x":"%060000d"}`, 0)

// overfull is a node on which greedy rooms have more wait than may.
type overfull struct {
	*bench
	logged bytes.Buffer // the handler's until the node is closed
}

func openOverfull(t *testing.T, sink actors.Sink) *overfull {
	t.Helper()
	c := new(overfull)
	c.bench = open(t, memory(t, 10), func(cfg *actors.Config) {
		cfg.Sink, cfg.SinkBytes = sink, sinkBound
		cfg.Logger = slog.New(slog.NewTextHandler(&c.logged, nil))
	})
	return c
}

// send publishes a message, after which the bound must be kept, but for an eighth.
func (c *overfull) send(room string, body []byte) {
	c.t.Helper()
	if _, err := c.Publish(ctx(c.t), actors.Publication{Room: key(room), Body: body}); err != nil {
		c.t.Fatal(err)
	}
	if s := c.Sinks()[0]; s.Bytes > sinkBound*9/8+int64(len(body)) {
		c.t.Fatalf("%+v", s)
	}
}

// TestSinkOverflowIsFair has a few greedy rooms fill what may wait on a node, and
// then many others publish one message each. The greedy rooms pay: the others lose
// nothing, and of theirs the oldest is missing that the sink was not given.
func TestSinkOverflowIsFair(t *testing.T) {
	const greedy, many, others = 3, 20, 50
	fails, hangs := newCollector(), &stalled{collector: newCollector()}
	fails.setAway(true)
	for name, c := range map[string]struct {
		sink actors.Sink
		got  *collector
		goOn func()
	}{
		"fails": {fails, fails, func() { fails.setAway(false) }},
		"hangs": {hangs, hangs.collector, hangs.goOn},
	} {
		t.Run(name, func(t *testing.T) {
			b := openOverfull(t, c.sink)
			for range many {
				for g := range greedy {
					b.send(fmt.Sprint("greedy", g), greedyBody)
				}
			}
			for o := range others {
				b.send(fmt.Sprint("other", o), fmt.Appendf(nil, `{"n":1,"x":"%02000d"}`, 0))
			}
			waitFor(t, "the bound is kept", func() bool { return b.Sinks()[0].Bytes <= sinkBound })
			c.goOn()
			waitFor(t, "the rest is delivered", func() bool { return b.Sinks()[0].Waiting == 0 })
			for o := range others {
				c.got.expect(t, key(fmt.Sprint("other", o)), 1)
			}
			missing := 0
			for g := range greedy {
				got := c.got.of(key(fmt.Sprint("greedy", g)))
				missing += many - len(got)
				if len(got) < 3 || got[len(got)-1].Seq != many {
					t.Fatalf("of a greedy room %d messages came", len(got))
				}
				if first := got[1].Seq; name == "hangs" && (got[0].Seq != 1 || many-first != uint64(len(got)-2)) {
					t.Errorf("of a greedy room %d messages came, the second of them %d", len(got), first)
				}
			}
			if s := b.Sinks()[0]; s.Dropped != int64(missing) || missing == 0 {
				t.Errorf("%d messages are missing, %+v", missing, s)
			}
			b.close()
			if n := strings.Count(b.logged.String(), `msg="records dropped, as more wait for their sink than may"`); n != 1 {
				t.Errorf("%d warnings, want one:\n%s", n, &b.logged)
			}
		})
	}
}

// stuck is a stalled sink that keeps one room's actor from its second delivery on,
// until it is let go.
type stuck struct {
	stalled
	room    persistence.RoomKey
	made    int           // deliveries of that room; its actor's
	first   chan func()   // gets the first of them
	entered chan struct{} // closed with the second
	leave   chan struct{}
}

// Deliver implements actors.Sink.
func (s *stuck) Deliver(room persistence.RoomKey, messages []persistence.Record, done func(error)) {
	if room == s.room {
		switch s.made++; s.made {
		case 1:
			s.first <- func() { s.collector.Deliver(room, messages, done) }
			return
		case 2:
			close(s.entered)
			<-s.leave
		}
	}
	s.stalled.Deliver(room, messages, done)
}

// TestSinkOverflowOfSlowRoom has the one greedy room be slow to hear that it is to
// pay: the bound is kept all the same, but for an eighth.
func TestSinkOverflowOfSlowRoom(t *testing.T) {
	const many, others = 16, 20
	s := &stuck{
		stalled: stalled{collector: newCollector()}, room: key("greedy"),
		first: make(chan func(), 1), entered: make(chan struct{}), leave: make(chan struct{}),
	}
	b := openOverfull(t, s)
	leave := sync.OnceFunc(func() { close(s.leave) })
	defer leave()
	for range many {
		b.send("greedy", greedyBody)
	}
	(<-s.first)()
	<-s.entered
	for o := range others {
		b.send(fmt.Sprint("other", o), greedyBody)
	}
	info := b.Sinks()[0]
	if info.Bytes <= sinkBound || info.Dropped == 0 || info.Dropped+info.Waiting != many+others-1 {
		t.Errorf("while the room is slow: %+v", info)
	}
	leave()
	s.goOn()
	waitFor(t, "the rest is delivered", func() bool { return b.Sinks()[0].Waiting == 0 })
	got := len(s.of(key("greedy")))
	for o := range others {
		got += len(s.of(key(fmt.Sprint("other", o))))
	}
	if info = b.Sinks()[0]; got+int(info.Dropped) != many+others || info.Bytes != 0 {
		t.Errorf("%d messages came, %+v", got, info)
	}
}
