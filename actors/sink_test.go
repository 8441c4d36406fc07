package actors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// collector is a sink that keeps what it gets, while it is not away.
type collector struct {
	mu   sync.Mutex
	away bool                                         // guarded by mu
	got  map[persistence.RoomKey][]persistence.Record // guarded by mu
	seen map[persistence.RoomKey]map[persistence.Position]bool
	made int // guarded by mu; deliveries
}

func newCollector() *collector {
	return &collector{
		got:  make(map[persistence.RoomKey][]persistence.Record),
		seen: make(map[persistence.RoomKey]map[persistence.Position]bool),
	}
}

// Deliver implements actors.Sink.
func (c *collector) Deliver(room persistence.RoomKey, messages []persistence.Record, done func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	if c.away {
		go done(errors.New("away"))
		return
	}
	if c.seen[room] == nil {
		c.seen[room] = make(map[persistence.Position]bool)
	}
	for _, rec := range messages {
		if !c.seen[room][rec.Position] { // copies are allowed
			c.seen[room][rec.Position] = true
			c.got[room] = append(c.got[room], rec)
		}
	}
	go done(nil)
}

func (c *collector) setAway(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = away
}

func (c *collector) deliveries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made
}

func (c *collector) of(room persistence.RoomKey) []persistence.Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got[room]
}

// expect waits until the sink has a room's messages 1 to n, in order.
func (c *collector) expect(t *testing.T, room persistence.RoomKey, n int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("%s has %d messages delivered", room.Name, n), func() bool { return len(c.of(room)) >= n })
	for i, rec := range c.of(room) {
		var body struct{ N int }
		if err := json.Unmarshal(rec.Data, &body); err != nil || rec.Seq != uint64(i+1) || body.N != i+1 {
			t.Fatalf("%s: delivered at place %d: %v %s, %v", room.Name, i+1, rec.Position, rec.Data, err)
		}
	}
}

func sinking(c *collector) func(*actors.Config) {
	return func(cfg *actors.Config) { cfg.Sink = c }
}

// TestSinkGetsEverything has many messages go to a sink that keeps up.
func TestSinkGetsEverything(t *testing.T) {
	c := newCollector()
	b := open(t, memory(t, 10), sinking(c))
	for n := 1; n <= 100; n++ {
		b.publish("a", n)
		b.publish("b", n)
	}
	c.expect(t, key("a"), 100)
	c.expect(t, key("b"), 100)
}

// TestSinkIsAway publishes more than the history keeps while the sink is away:
// publishing does not mind, and afterwards nothing is missing.
func TestSinkIsAway(t *testing.T) {
	c := newCollector()
	c.setAway(true)
	b := open(t, memory(t, 10), sinking(c))
	for n := 1; n <= 50; n++ {
		b.publish("a", n)
	}
	if s := b.Sinks(); len(s) != 1 || s[0].Waiting != 50 || s[0].Failing != 1 {
		t.Errorf("%+v", s)
	}
	if i, err := b.Info(ctx(t), key("a")); err != nil || i.StoredItems != 0 || i.Alarm != "" {
		t.Errorf("what waits for the sink shows: %+v, %v", i, err)
	}
	c.setAway(false)
	c.expect(t, key("a"), 50)
	waitFor(t, "nothing waits", func() bool { s := b.Sinks(); return s[0].Waiting == 0 && s[0].Bytes == 0 && s[0].Failing == 0 })
}

// TestSinkOutlastsTheNode ends the node while the sink is away. Its next life
// delivers what is left although nobody asks for the room.
func TestSinkOutlastsTheNode(t *testing.T) {
	store, c := memory(t, 10), newCollector()
	c.setAway(true)
	b := open(t, store, sinking(c))
	for n := 1; n <= 37; n++ {
		b.publish("a", n)
	}
	b.close()
	c.setAway(false)
	open(t, store, sinking(c))
	c.expect(t, key("a"), 37) // when the time comes to look after the room
}

// TestSinkLeavesNoTrace lets a room fall asleep whose messages are delivered: nothing
// is stored for the sink any more, and the next life delivers nothing again.
func TestSinkLeavesNoTrace(t *testing.T) {
	store, c := memory(t, 10), newCollector()
	b := open(t, store, all(sinking(c), func(cfg *actors.Config) { cfg.Idle = 20 * time.Millisecond }))
	for n := 1; n <= 30; n++ {
		b.publish("a", n)
	}
	c.expect(t, key("a"), 30)
	waitFor(t, "the room sleeps", func() bool { return b.Stats().Rooms == 0 })
	state, err := store.Load(key("a"))
	if err != nil || state.Items != 0 || state.Alarm != (persistence.Alarm{}) {
		t.Errorf("stored: %d items, alarm %v, %v", state.Items, state.Alarm, err)
	}
	before := c.deliveries()
	b.publish("a", 31)
	c.expect(t, key("a"), 31)
	if n := c.deliveries() - before; n != 1 {
		t.Errorf("%d deliveries of one message", n)
	}
}

// TestSinkOverflow gives up the oldest messages when more wait than may, and says
// how many.
func TestSinkOverflow(t *testing.T) {
	c := newCollector()
	c.setAway(true)
	b := open(t, memory(t, 10), all(sinking(c), func(cfg *actors.Config) { cfg.SinkBytes = 1 << 20 }))
	body := fmt.Appendf(nil, `{"x":"%060000d"}`, 0)
	const n = 50
	for range n {
		if _, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	s := b.Sinks()[0]
	if s.Bytes > 1<<20 || s.Dropped == 0 || s.Dropped+s.Waiting != n {
		t.Errorf("%+v", s)
	}
	c.setAway(false)
	waitFor(t, "the rest is delivered", func() bool { return b.Sinks()[0].Waiting == 0 })
	got := c.of(key("a"))
	if newest := got[len(got)-1]; newest.Seq != n || int64(len(got))+s.Dropped != n {
		t.Errorf("delivered %d up to %d, dropped %d", len(got), newest.Seq, s.Dropped)
	}
}

// TestSinkBesideAlarm has a behaviour set alarms in a room that waits for a sink:
// both clocks are right, over the end of the node, too.
func TestSinkBesideAlarm(t *testing.T) {
	store, c := memory(t, 10), newCollector()
	c.setAway(true)
	rings := make(chan time.Time, 10)
	var s script
	k := kind(&s)
	ringing := func(cfg *actors.Config) {
		k.New = func() any { return &ringer{script: &s, rings: rings} }
		cfg.Kinds = []actors.Kind{k}
	}
	b := open(t, store, all(sinking(c), ringing))
	far := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	s.do(b, "a", func(ctx *actors.Context) error {
		for n := 1; n <= 20; n++ {
			if err := ctx.Broadcast("", map[string]int{"n": n}); err != nil {
				return err
			}
		}
		return ctx.Storage().SetAlarm(far)
	})
	if i, err := b.Info(ctx(t), test("a")); err != nil || i.Alarm != actors.Timestamp(far) {
		t.Errorf("alarm %q, %v, want %s", i.Alarm, err, actors.Timestamp(far))
	}
	b.close()
	b = open(t, store, all(sinking(c), ringing))
	if i, err := b.Info(ctx(t), test("a")); err != nil || i.Alarm != actors.Timestamp(far) {
		t.Errorf("in the next life: alarm %q, %v, want %s", i.Alarm, err, actors.Timestamp(far))
	}
	s.do(b, "a", func(ctx *actors.Context) error { return ctx.Storage().SetAlarm(time.Now().Add(50 * time.Millisecond)) })
	<-rings
	waitFor(t, "the alarm is gone", func() bool {
		i, err := b.Info(ctx(t), test("a"))
		return err == nil && i.Alarm == ""
	})
	s.do(b, "a", func(ctx *actors.Context) error { return ctx.Storage().DeleteAll() })
	c.setAway(false)
	c.expect(t, test("a"), 20)
}

// ringer is a script with an alarm.
type ringer struct {
	*script
	rings chan time.Time
}

// Alarm implements actors.Alarmer.
func (r *ringer) Alarm(*actors.Context, actors.AlarmInfo) error {
	r.rings <- time.Now()
	return nil
}

// TestSinkOverOwners kills a room's owner while the sink is away, twice. When the
// sink is back nothing is missing, although nobody asks for the room.
func TestSinkOverOwners(t *testing.T) {
	c := newCollector()
	c.setAway(true)
	f := newFleetOf(t, sinking(c), "n1", "n2", "n3", "n4", "n5")
	room := f.roomOf("n2")
	publish := func(first, last int) {
		for n := first; n <= last; n++ {
			if _, err := definitely(func() (actors.Receipt, error) {
				return f.any().Publish(ctx(t), actors.Publication{
					Room: key(room), Body: fmt.Appendf(nil, `{"n":%d}`, n), Key: fmt.Sprint(n),
				})
			}); err != nil {
				t.Fatalf("message %d: %v", n, err)
			}
		}
	}
	publish(1, 30)
	f.kill("n2")
	publish(31, 60)
	info, err := f.any().Info(ctx(t), key(room))
	if err != nil {
		t.Fatal(err)
	}
	f.kill(info.Owner)
	c.setAway(false)
	c.expect(t, key(room), 60)
}

// any returns one of the nodes that run.
func (f *fleet) any() *bench {
	f.t.Helper()
	for _, b := range f.nodes {
		return b
	}
	f.t.Fatal("no node runs")
	return nil
}

// TestHooks has streams open and end at several nodes: each is told of once, and
// so is the first and the last, whatever becomes of owners.
func TestHooks(t *testing.T) {
	c := newCollector()
	f := newFleetOf(t, func(cfg *actors.Config) { cfg.Hooks, cfg.HookJoins = c, true }, "n1", "n2", "n3")
	room := f.roomOf("n2")
	var streams []*stream
	for _, name := range []string{"n1", "n3"} {
		for range 3 {
			streams = append(streams, f.nodes[name].connect(on(room)).greeted())
		}
	}
	hooks := func(event string) int {
		n := 0
		for _, rec := range c.of(key(room)) {
			var e actors.HookEvent
			if err := json.Unmarshal(rec.Data, &e); err != nil || e.Type != rec.Event || e.Room != room || e.DurableObjectID != key(room).ObjectID() {
				t.Fatalf("hook %s %s, %v", rec.Event, rec.Data, err)
			}
			if (e.Subscriber != nil) != (e.Type == actors.HookJoin || e.Type == actors.HookLeave) {
				t.Fatalf("hook %s", rec.Data)
			}
			if rec.Event == event {
				n++
			}
		}
		return n
	}
	waitFor(t, "all are told of", func() bool { return hooks(actors.HookJoin) == 6 && hooks(actors.HookOccupied) == 1 })
	f.kill("n2")
	f.any().publish(room, 1)
	for _, s := range streams {
		s.conn.Close()
	}
	waitFor(t, "all have left", func() bool { return hooks(actors.HookLeave) == 6 && hooks(actors.HookVacated) == 1 })
	if n := len(c.of(key(room))); n != 14 {
		t.Errorf("%d hooks told, want 14", n)
	}
}

// TestHooksWait ends the node while the sink of hooks is away: its next life
// delivers what is left, and that the stream ended with the node.
func TestHooksWait(t *testing.T) {
	c := newCollector()
	c.setAway(true)
	store := memory(t, 10)
	hooking := func(cfg *actors.Config) { cfg.Hooks = c }
	b := open(t, store, hooking)
	b.connect(on("a")).greeted()
	waitFor(t, "it is told", func() bool { return b.Sinks()[0].Failing == 1 })
	b.close()
	c.setAway(false)
	open(t, store, hooking).publish("a", 1)
	waitFor(t, "both hooks are delivered", func() bool { return len(c.of(key("a"))) == 2 })
	got := c.of(key("a"))
	if got[0].Event != actors.HookOccupied || got[1].Event != actors.HookVacated {
		t.Errorf("told %s, then %s", got[0].Event, got[1].Event)
	}
}
