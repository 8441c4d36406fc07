package actors

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// outboxModel is a room's outbox over a store that keeps what is committed, with a
// sink that notes what it gets.
type outboxModel struct {
	t       *testing.T
	rand    *rand.Rand
	history uint64

	copy    persistence.Copy // what is committed
	outbox  *outbox
	alarm   persistence.Alarm
	user    int // items of the behaviour
	now     int64
	got     []uint64 // by the sink of messages
	hooked  []int    // by the sink of hooks
	told    int      // hooks numbered so far
	hooks   []int    // those of committed turns
	pending []turnOnItsWay
	flight  [2][]persistence.Record // by lane, what is with the sink

	full    int             // bytes that may wait in the lane of messages; 0 for any number
	givenUp map[uint64]bool // messages that were too many; they may come late, or never
}

type turnOnItsWay struct {
	turn  persistence.Turn
	alarm persistence.Alarm
	items int   // stored after it
	hooks []int // that it tells
}

func (m *outboxModel) lanes() []*lane {
	return []*lane{
		{state: new(sinkState), item: messageItem, cover: m.history},
		{state: new(sinkState), item: hookItem},
	}
}

// load begins with what is committed, as after a crash.
func (m *outboxModel) load() {
	m.pending, m.flight = nil, [2][]persistence.Record{}
	maps.DeleteFunc(m.givenUp, func(seq uint64, _ bool) bool { return seq > m.copy.Last.Seq })
	o, storage := openOutbox(&m.copy, m.lanes())
	m.outbox, m.alarm, m.user = o, o.note.alarm, storage.Len()
	storage.Ascend("", func(it persistence.Item) bool {
		if it.Key < rosterItem {
			m.t.Fatalf("the behaviour sees item %q", it.Key)
		}
		return true
	})
	if items := int(m.copy.Items) - o.items; items != storage.Len() {
		m.t.Fatalf("%d items are the behaviour's, of which there are %d", items, storage.Len())
	}
	if bytes := int(m.copy.Bytes) - o.bytes; bytes != storage.Bytes() {
		m.t.Fatalf("%d bytes are the behaviour's, of which there are %d", bytes, storage.Bytes())
	}
}

// head returns the newest turn's number and seq, on its way or committed.
func (m *outboxModel) head() (turn, seq uint64) {
	turn, seq = m.copy.Turn, m.copy.Last.Seq
	for _, p := range m.pending {
		turn++
		seq += uint64(len(p.turn.Records))
	}
	return turn, seq
}

// act has a turn handed to the ledger.
func (m *outboxModel) act(messages, hooks int, change *persistence.Change, settle bool) {
	turn, seq := m.head()
	more := make([][]persistence.Record, 2)
	var told []int
	for range messages {
		seq++
		more[0] = append(more[0], persistence.Record{
			Position: persistence.Position{Epoch: 1, Seq: seq}, Time: m.now, Event: "e", Data: fmt.Appendf(nil, `{"n":%d}`, seq),
		})
	}
	for i := range hooks {
		at := persistence.Position{Epoch: 1, Seq: (turn+1)<<turnShift + uint64(i)}
		m.told++
		told = append(told, m.told)
		more[1] = append(more[1], persistence.Record{Position: at, Time: m.now, Event: fmt.Sprint(m.told), Data: []byte("{}")})
	}
	if change != nil && change.Alarm != nil {
		m.alarm = *change.Alarm
	}
	p := m.outbox.plan(handed{change: change, alarm: m.alarm, more: more, now: m.now, settle: settle})
	m.outbox.accept(&p)
	m.pending = append(m.pending, turnOnItsWay{persistence.Turn{Records: more[0], Change: p.change}, m.alarm, m.user + p.items, told})
	m.shed()
	if m.outbox.left() && m.outbox.note.wake <= m.now {
		m.t.Fatal("nobody would look after what is left")
	}
}

// shed gives up messages that are too many.
func (m *outboxModel) shed() {
	l := m.outbox.lanes[0]
	if m.full == 0 || l.weight <= m.full {
		return
	}
	before := slices.Clone(l.queue)
	n := l.shed(m.full)
	for _, rec := range before[l.sent : l.sent+n] {
		m.givenUp[rec.Seq] = true
	}
	weight := 0
	for i := range l.queue {
		weight += parcelWeight(&l.queue[i])
	}
	if len(l.queue) != len(before)-n || weight != l.weight || l.stored > len(l.queue) {
		m.t.Fatalf("%d of %d given up: %d left, %d of them stored, weight %d, counted %d", n, len(before), len(l.queue), l.stored, weight, l.weight)
	}
}

// weights wants what could be given up to be counted rightly.
func (m *outboxModel) weights() {
	for _, l := range m.outbox.lanes {
		idle := 0
		for i := l.sent; i < len(l.queue); i++ {
			idle += parcelWeight(&l.queue[i])
		}
		if l.idle() != idle {
			m.t.Fatalf("%d bytes could be given up, counted %d", idle, l.idle())
		}
	}
}

// commit has some of the turns on their way committed.
func (m *outboxModel) commit(n int) {
	for _, p := range m.pending[:n] {
		if p.turn.Change != nil {
			m.copy.Storage = m.copy.Storage.Clone()
			m.copy.Storage.Apply(p.turn.Change)
		}
		m.copy.Head = m.copy.After(&p.turn, m.copy.Storage)
		m.copy.History = append(slices.Clone(m.copy.History), p.turn.Records...)
		if n := len(m.copy.History) - int(m.history); n > 0 {
			m.copy.History = m.copy.History[n:]
		}
		m.hooks = append(m.hooks, p.hooks...)
		if p.alarm.At != 0 && m.copy.Alarm.At > p.alarm.At {
			m.t.Fatalf("stored alarm %v is after the behaviour's %v", m.copy.Alarm, p.alarm)
		}
		if m.copy.Items != uint64(p.items) {
			m.t.Fatalf("%d items stored, %d counted", m.copy.Items, p.items)
		}
	}
	m.pending = m.pending[n:]
	m.outbox.lanes[0].ready = m.copy.Last.Seq
	m.outbox.lanes[1].ready = m.copy.Turn<<turnShift | 1<<turnShift - 1
}

// deliver hands the sinks what they may have, or, the next time, takes what comes
// of it, which is up to chance.
func (m *outboxModel) deliver(chance float64) {
	for i, l := range m.outbox.lanes {
		batch := m.flight[i]
		if batch == nil {
			m.flight[i] = l.next()
			continue
		}
		err := ErrUnavailable
		for _, rec := range batch[:m.rand.IntN(len(batch)+1)] { // it may get some and not know of it
			m.note(i, rec)
		}
		if m.rand.Float64() < chance {
			err = nil
			for _, rec := range batch {
				m.note(i, rec)
			}
		}
		l.conclude(err)
		m.flight[i] = nil
	}
}

func (m *outboxModel) note(lane int, rec persistence.Record) {
	if lane == 0 {
		if want := fmt.Sprintf(`{"n":%d}`, rec.Seq); string(rec.Data) != want || rec.Event != "e" || rec.Epoch != 1 {
			m.t.Fatalf("delivered %v %q %s", rec.Position, rec.Event, rec.Data)
		}
		m.got = append(m.got, rec.Seq)
		return
	}
	n, err := strconv.Atoi(rec.Event)
	if err != nil {
		m.t.Fatal(err)
	}
	m.hooked = append(m.hooked, n)
}

// check wants everything that is committed to have been delivered, first copies
// in order, but for what was given up.
func (m *outboxModel) check() {
	next := uint64(1)
	for _, seq := range m.got {
		for m.givenUp[next] && next < seq {
			next++
		}
		switch {
		case seq == next:
			next++
		case seq > next:
			m.t.Fatalf("message %d was delivered before %d", seq, next)
		}
	}
	for m.givenUp[next] {
		next++
	}
	if next != m.copy.Last.Seq+1 {
		m.t.Fatalf("messages to %d delivered, of %d", next-1, m.copy.Last.Seq)
	}
	var hooked []int
	for _, n := range m.hooked {
		if !slices.Contains(hooked, n) {
			hooked = append(hooked, n)
		}
	}
	if !slices.Equal(hooked, m.hooks) {
		m.t.Fatalf("told %v, want %v", hooked, m.hooks)
	}
}

// TestOutboxModel has rooms publish, crash, and hand on to sinks that fail, in
// random order: whatever happens every committed message is delivered, first
// copies in order, and in the end nothing is left of it. In every second room more
// waits than may.
func TestOutboxModel(t *testing.T) {
	for seed := range uint64(400) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			m := &outboxModel{t: t, rand: r, history: 1 + r.Uint64N(5), now: 1000, givenUp: make(map[uint64]bool)}
			if seed%2 == 1 {
				m.full = 200 + r.IntN(1000)
			}
			m.copy.Storage = persistence.NewStorage(nil)
			m.load()
			chance := r.Float64()
			for range 200 {
				m.now += r.Int64N(4000)
				m.step(chance)
				m.weights()
			}
			m.load()
			for range 100 {
				m.deliver(1)
				m.act(0, 0, nil, true)
				m.commit(len(m.pending))
			}
			m.check()
			if !m.outbox.tidy() || m.copy.Alarm != m.alarm || int(m.copy.Items) != m.user {
				t.Errorf("left: %d items, of the behaviour %d; alarm %v, of the behaviour %v", m.copy.Items, m.user, m.copy.Alarm, m.alarm)
			}
		})
	}
}

func (m *outboxModel) step(chance float64) {
	switch r := m.rand; r.IntN(11) {
	case 0, 1, 2:
		m.act(r.IntN(4), 0, nil, false)
	case 3:
		m.act(0, r.IntN(3), nil, false)
	case 4: // the behaviour stores something, or sets its alarm
		c := &persistence.Change{Puts: []persistence.Item{{Key: userItem + fmt.Sprint(m.told, r.Uint32()), Value: []byte("x")}}}
		m.user++
		if r.IntN(2) == 0 {
			c.Alarm = &persistence.Alarm{At: m.now + r.Int64N(60_000) + 1}
		}
		m.act(r.IntN(2), 0, c, false)
	case 5: // and removes it all
		m.user = 0
		m.act(r.IntN(2), 0, &persistence.Change{Clear: true, Alarm: new(persistence.Alarm)}, false)
	case 6, 7:
		m.commit(r.IntN(len(m.pending) + 1))
	case 8, 9:
		m.deliver(chance)
	case 10:
		if r.IntN(4) == 0 {
			m.load()
		}
	}
}
