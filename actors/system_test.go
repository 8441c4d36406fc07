package actors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cluster/clustertest/leaks"
	"github.com/parlor-sse/parlor/persistence"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// numberOf returns n of a message published by bench.publish.
func numberOf(t testing.TB, e sse.Event) int {
	t.Helper()
	var body struct {
		N         int
		Timestamp string
	}
	if err := json.Unmarshal(e.Data, &body); err != nil {
		t.Fatalf("event %+v: %v", e, err)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", body.Timestamp); err != nil {
		t.Errorf("timestamp: %v", err)
	}
	return body.N
}

// expect reads the messages from first to last.
func (s *stream) expect(first, last int) {
	s.t.Helper()
	for n := first; n <= last; n++ {
		e := s.next()
		if e.Name != "broadcast" || numberOf(s.t, e) != n {
			s.t.Fatalf("event %q %s, want message %d", e.Name, e.Data, n)
		}
	}
}

func (b *bench) publishAll(room string, first, last int) (receipts []actors.Receipt) {
	b.t.Helper()
	for n := first; n <= last; n++ {
		receipts = append(receipts, b.publish(room, n))
	}
	return receipts
}

func TestPublishReachesStream(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	s := b.connect(on("a")).greeted()
	r := b.publish("a", 1)
	e := s.next()
	if e.Name != "broadcast" || e.ID != r.ID.String() || string(e.Data) != string(r.Data) {
		t.Fatalf("event %+v, receipt %+v", e, r)
	}
	if numberOf(t, e) != 1 {
		t.Errorf("data %s", e.Data)
	}
	if r.ID.Seq != 1 || r.Subscribers != 1 || r.Durability != actors.DurabilityFsync || r.Copies != 1 || r.Of != 1 {
		t.Errorf("receipt %+v", r)
	}
}

func TestStampKeepsAPublishersTimestamp(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	body := `{"timestamp":"2020-01-01","x":1}`
	r, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: []byte(body), Stamped: true})
	if err != nil || string(r.Data) != body {
		t.Errorf("data %s, %v", r.Data, err)
	}
	r, err = b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: []byte(`{}`)})
	if err != nil || !strings.HasPrefix(string(r.Data), `{"timestamp":"`) {
		t.Errorf("data %s, %v", r.Data, err)
	}
}

// TestResume is the table of what a client that comes back is sent.
func TestResume(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	ids := map[int]string{0: b.connect(on("a")).bookmark()}
	for i, r := range b.publishAll("a", 1, 25) {
		ids[i+1] = r.ID.String()
	}
	epoch, _, _ := strings.Cut(ids[1], "-")

	t.Run("nothing", func(t *testing.T) {
		b.connect(on("a")).greeted().expect(16, 25)
	})
	t.Run("nothing, replay 3", func(t *testing.T) {
		req := on("a")
		req.Replay = 3
		b.connect(req).greeted().expect(23, 25)
	})
	t.Run("nothing, replay 0", func(t *testing.T) {
		req := on("a")
		req.Replay = 0
		if got := b.connect(req).bookmark(); got != ids[25] {
			t.Errorf("bookmark %s, want %s", got, ids[25])
		}
	})
	t.Run("newest", func(t *testing.T) {
		s := b.connect(resume(ids[25], "a")).greeted()
		ids[26] = b.publish("a", 26).ID.String()
		s.expect(26, 26)
	})
	t.Run("within", func(t *testing.T) {
		b.connect(resume(ids[20], "a")).greeted().expect(21, 26)
	})
	t.Run("just before the history", func(t *testing.T) {
		b.connect(resume(ids[16], "a")).greeted().expect(17, 26)
	})
	for name, last := range map[string]int{"older": 10, "before the first": 0} {
		t.Run(name, func(t *testing.T) {
			s := b.connect(resume(ids[last], "a")).greeted()
			e := s.next()
			want := fmt.Sprintf(`{"room":"a","from":"%s-%d","to":"%s-16","lost":%d,"reason":"trimmed"}`, epoch, last+1, epoch, 16-last)
			if e.Name != "gap" || string(e.Data) != want || e.ID != ids[16] {
				t.Fatalf("event %+v, want gap %s", e, want)
			}
			s.expect(17, 26)
		})
	}
	for name, tt := range map[string]struct{ id, reason string }{
		"ahead":          {epoch + "-27", "unknown_id"},
		"unknown epoch":  {"7-20", "unknown_id"},
		"not an id":      {"abc", "malformed"},
		"negative":       {"-1", "malformed"},
		"one number":     {"17", "malformed"},
		"too large":      {"18446744073709551616-1", "malformed"},
		"other digits":   {"\u0661-\u0662", "malformed"},
		"empty":          {"", "malformed"},
		"too long":       {strings.Repeat("1", 5000), "malformed"},
		"leading zero":   {"0" + ids[20], "malformed"},
		"several rooms'": {"0badc0de:" + ids[20] + "," + ids[20], "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := b.connect(resume(tt.id, "a")).greeted()
			e := s.next()
			want := fmt.Sprintf(`{"room":"a","id":"%s","reason":"%s"}`, ids[26], tt.reason)
			if e.Name != "reset" || string(e.Data) != want {
				t.Fatalf("event %+v, want reset %s", e, want)
			}
			s.expect(17, 26)
		})
	}
}

func TestIdempotencyKeys(t *testing.T) {
	store := memory(t, 10)
	b := open(t, store, func(c *actors.Config) { c.Idle = 20 * time.Millisecond })
	pub := func(k, body string) (actors.Receipt, error) {
		return b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: []byte(body), Key: k})
	}
	first, err := pub("k1", `{"n":1}`)
	if err != nil || first.Duplicate {
		t.Fatalf("first: %+v, %v", first, err)
	}
	check := func(when string) {
		t.Helper()
		again, err := pub("k1", `{"n":1}`)
		if err != nil || !again.Duplicate || again.ID != first.ID || string(again.Data) != string(first.Data) {
			t.Errorf("%s, the same again: %+v, %v; want the first, %+v", when, again, err, first)
		}
		if _, err := pub("k1", `{"n":2}`); !errors.Is(err, actors.ErrKeyConflict) {
			t.Errorf("%s, another body: %v", when, err)
		}
	}
	check("at once")
	waitFor(t, "the room sleeps", func() bool { return b.Stats().Rooms == 0 })
	check("after the room slept")
	other, err := pub("k2", `{"n":3}`)
	if err != nil || other.ID.Seq != 2 {
		t.Errorf("another key: %+v, %v", other, err)
	}
}

// TestSameKeyAtOnce publishes under one key from many callers at a time: one
// message, one id.
func TestSameKeyAtOnce(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	var mu sync.Mutex
	fresh, ids := 0, map[persistence.Position]bool{}
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			r, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: []byte(`{"n":1}`), Key: "k"})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[r.ID] = true
			if !r.Duplicate {
				fresh++
			}
		})
	}
	callers.Wait()
	if fresh != 1 || len(ids) != 1 {
		t.Errorf("%d first publishes, ids %v", fresh, ids)
	}
	if h, err := b.History(ctx(t), key("a")); err != nil || len(h) != 1 {
		t.Errorf("history %v, %v", h, err)
	}
}

func TestOneOrderForAll(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	const publishers, each, readers = 8, 50, 5
	var streams []*stream
	for range readers {
		streams = append(streams, b.connect(on("a")).greeted())
	}
	var work sync.WaitGroup
	for p := range publishers {
		work.Go(func() {
			var last uint64
			for n := range each {
				r := b.publish("a", p*each+n)
				if r.ID.Seq <= last {
					t.Errorf("id %v after seq %d was answered", r.ID, last)
				}
				last = r.ID.Seq
			}
		})
	}
	orders := make([][]int, readers)
	for i, s := range streams {
		work.Go(func() {
			for seq := 1; seq <= publishers*each; seq++ {
				e := s.next()
				if p, err := persistence.ParsePosition(e.ID); err != nil || p.Seq != uint64(seq) {
					t.Errorf("reader %d got id %s, want seq %d", i, e.ID, seq)
					return
				}
				orders[i] = append(orders[i], numberOf(t, e))
			}
		})
	}
	work.Wait()
	for i := range orders {
		if fmt.Sprint(orders[i]) != fmt.Sprint(orders[0]) {
			t.Errorf("readers 0 and %d differ", i)
		}
	}
}

func TestFramings(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	r := b.publish("a", 1)
	plain := on("a")
	plain.Framing = actors.Plain
	if e := b.connect(plain).next(); e.Name != "" || e.ID != r.ID.String() || string(e.Data) != string(r.Data) {
		t.Errorf("plain: %+v", e)
	}
	tagged := on("a")
	tagged.Framing = actors.Tagged
	s := b.connect(tagged).greeted()
	e := s.next()
	if want := fmt.Sprintf(`{"room":"a","id":"%s","data":%s}`, r.ID, r.Data); e.Name != "broadcast" || e.ID != "" || string(e.Data) != want {
		t.Errorf("tagged: %+v, want data %s", e, want)
	}
	live := b.publish("a", 2)
	s.next()
	// The bookmark comes after the event, in the same flush.
	s.lastID(func(id string) bool { return id == live.ID.String() })
}

func TestSeveralRooms(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	rooms := []string{"b", "a", "c"}
	s := b.connect(on(rooms...)).greeted()
	seen := map[string]int{}
	for n := 1; n <= 30; n++ {
		b.publish(rooms[n%3], n)
	}
	read := func(s *stream, from map[string]int, total int) {
		t.Helper()
		for range total {
			e := s.next()
			var tagged struct {
				Room, ID string
				Data     struct{ N int }
			}
			if err := json.Unmarshal(e.Data, &tagged); err != nil {
				t.Fatalf("event %+v: %v", e, err)
			}
			p, err := persistence.ParsePosition(tagged.ID)
			if err != nil || p.Seq != uint64(from[tagged.Room]+1) {
				t.Fatalf("room %s: id %s after %d messages", tagged.Room, tagged.ID, from[tagged.Room])
			}
			from[tagged.Room]++
		}
	}
	read(s, seen, 30)
	id := s.lastID(func(id string) bool { return strings.Count(id, "-10") == 3 })
	for n := 31; n <= 42; n++ {
		b.publish(rooms[n%3], n)
	}
	again := b.connect(resume(id, rooms...)).greeted()
	read(again, seen, 12)

	// The same id on another list of rooms says nothing.
	other := b.connect(resume(id, "a", "b")).greeted()
	if e := other.next(); e.Name != "reset" || !strings.Contains(string(e.Data), "unknown_id") {
		t.Errorf("event %+v, want a reset", e)
	}
}

func TestTargeted(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	mine := on("a")
	mine.Client = "me"
	s1, s2 := b.connect(mine).greeted(), b.connect(mine).greeted()
	other := b.connect(on("a")).greeted()
	waitFor(t, "three streams are counted", func() bool {
		i, err := b.Info(ctx(t), key("a"))
		return err == nil && i.ConnectionCount == 3
	})
	r, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: []byte(`{"n":1}`), Client: "me", Event: "note"})
	if err != nil || r.Subscribers != 2 || r.ID != (persistence.Position{}) || r.Durability != actors.DurabilityMemory {
		t.Errorf("receipt %+v, %v", r, err)
	}
	for _, s := range []*stream{s1, s2} {
		if e := s.next(); e.Name != "note" || e.ID != "" || numberOf(t, e) != 1 {
			t.Errorf("event %+v", e)
		}
	}
	if r := b.publish("a", 2); r.ID.Seq != 1 {
		t.Errorf("a targeted message took a place in the order: next id %v", r.ID)
	}
	other.expect(2, 2)
}

func TestUpdates(t *testing.T) {
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Update = 50 * time.Millisecond })
	s := b.connect(on("a")).greeted()
	b.connect(on("a")).greeted()
	for {
		e := s.next()
		if e.Name != "update" || e.ID != "" {
			t.Fatalf("event %+v", e)
		}
		var u struct {
			Timestamp       time.Time
			ConnectionCount int
			DurableObjectID string `json:"durableObjectId"`
		}
		if err := json.Unmarshal(e.Data, &u); err != nil {
			t.Fatal(err)
		}
		if u.DurableObjectID != key("a").ObjectID() || u.Timestamp.IsZero() {
			t.Fatalf("update %s", e.Data)
		}
		if u.ConnectionCount == 2 {
			break
		}
	}
}

func TestHeartbeats(t *testing.T) {
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Heartbeat = 80 * time.Millisecond })
	r := b.publish("a", 1)
	req := resume(r.ID.String(), "a")
	req.HeartbeatEvent = true
	s := b.connect(req).greeted()
	for range 3 {
		if e := s.next(); e.Name != "heartbeat" || e.ID != r.ID.String() || len(e.Data) == 0 {
			t.Fatalf("event %+v", e)
		}
	}
	silent := b.connect(resume(r.ID.String(), "a")).greeted()
	for silent.p.Comments() < 2 {
		silent.fill()
	}
}

// patience bounds every wait, for busy machines. A room that owes a sink something is
// looked after every half minute.
const patience = time.Minute

// waitFor polls, since there is nothing to wait on, until the condition holds.
func waitFor(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
