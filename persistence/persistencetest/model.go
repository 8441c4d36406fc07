package persistencetest

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// modelSeeds are the histories of calls that testModel tries; a failure names
// its seed.
const modelSeeds = 4

// testModel makes a few hundred calls picked at random and compares the store
// with a model of it after each.
func testModel(t *testing.T, subject Subject) {
	// Each seed goes on in the place that the one before it left, with rooms
	// of its own.
	for seed := range uint64(modelSeeds) {
		m := &model{
			rng:     rand.New(rand.NewPCG(seed, 1)),
			subject: subject,
			seed:    seed,
			history: 10,
			rooms:   make(map[persistence.RoomKey]*modelRoom),
		}
		t.Logf("seed %d", seed)
		m.store = subject.Open(t, m.history)
		for range 80 {
			m.step(t)
		}
		closeStore(t, m.store)
		if !subject.Persistent {
			return
		}
	}
}

type model struct {
	rng     *rand.Rand
	subject Subject
	seed    uint64
	store   persistence.Store
	history int
	rooms   map[persistence.RoomKey]*modelRoom
	fences  uint64 // written so far
}

func (m *model) step(t *testing.T) {
	t.Helper()
	switch p := m.rng.IntN(100); {
	case p < 70:
		m.commit(t)
	case p < 88:
		m.check(t)
	case !m.subject.Persistent:
	case p < 94 || m.subject.Crash == nil:
		closeStore(t, m.store)
		m.reopen(t)
	default:
		m.subject.Crash(t)
		m.reopen(t)
	}
}

func (m *model) reopen(t *testing.T) {
	t.Helper()
	m.history = 1 + m.rng.IntN(20)
	m.store = m.subject.Open(t, m.history)
	for _, r := range m.rooms {
		r.trim(m.history)
	}
	m.check(t) // rooms are loaded before they are written to
}

// commit writes one batch to a few rooms.
func (m *model) commit(t *testing.T) {
	t.Helper()
	var batch []persistence.Write
	for range 1 + m.rng.IntN(12) {
		key := room(fmt.Sprintf("%d-%d", m.seed, m.rng.IntN(5)))
		r, ok := m.rooms[key]
		if !ok {
			r = &modelRoom{}
			m.rooms[key] = r
		}
		w := m.write(key, r)
		r.apply(w, m.history)
		batch = append(batch, w)
	}
	commit(t, m.store, batch...)
	for _, r := range m.rooms {
		r.trim(m.history)
	}
}

// write picks a write to the room: mostly a turn.
func (m *model) write(key persistence.RoomKey, r *modelRoom) persistence.Write {
	m.fences++
	switch p := m.rng.IntN(100); {
	case p < 8:
		return fenceWrite(key, m.fences)
	case p < 16:
		return copyWrite(key, m.fences, m.copy(key, r))
	case p < 18:
		return copyWrite(key, m.fences, persistence.Copy{})
	case p < 22:
		return forgetWrite(key)
	}
	w := m.turn(key, r)
	if m.rng.IntN(3) == 0 {
		w = keyed(w, keyAt(m.slot(), w.Head.Last))
		w.Turn.Key.Turn = w.Head.Turn
		if m.rng.IntN(2) == 0 {
			w.Turn.Key.Answer = fmt.Appendf(nil, "answer %d", m.fences)
		}
	}
	if m.rng.IntN(5) == 0 {
		w.Fence = fenceWrite(key, m.fences).Fence
	}
	return w
}

// turn picks the room's next turn: mostly a message.
func (m *model) turn(key persistence.RoomKey, r *modelRoom) persistence.Write {
	a := r.author(key)
	epoch := a.head.Lineage.Current()
	if n := len(a.head.Lineage); n == 0 || a.head.Lineage[n-1].First > a.head.Last.Seq+1 || m.rng.IntN(20) == 0 {
		epoch += 1 + m.rng.Uint64N(5)
	}
	if m.rng.IntN(2) == 0 {
		return a.message(epoch)
	}
	var edits []edit
	if m.rng.IntN(8) == 0 {
		edits = append(edits, removeAll)
	}
	for n := range 6 {
		switch name := fmt.Sprint(n); m.rng.IntN(4) {
		case 0:
			edits = append(edits, put(item(name, int(m.fences))))
		case 1:
			edits = append(edits, remove(name))
		}
	}
	if m.rng.IntN(3) == 0 {
		edits = append(edits, alarmAt(m.rng.Int64N(5)))
	}
	return a.turn(epoch, m.rng.IntN(4), edits...)
}

// slot picks one of a few slots: some low, some where keys that live for a
// short time only are kept.
func (m *model) slot() uint32 { return m.rng.Uint32N(4) + m.rng.Uint32N(2)<<16 }

// copy picks a copy near to what the room holds: of its own order, or of one
// that went another way, and now and then of none that is near.
func (m *model) copy(key persistence.RoomKey, r *modelRoom) persistence.Copy {
	lineage := r.head.Lineage
	last := 1 + m.rng.Uint64N(r.head.Last.Seq+10)
	if len(lineage) == 0 || m.rng.IntN(3) == 0 {
		lineage = persistence.Lineage{{Epoch: 2 + m.rng.Uint64N(9), First: 1 + m.rng.Uint64N(last+3)}}
	}
	if m.rng.IntN(2) == 0 {
		first := lineage[len(lineage)-1].First + m.rng.Uint64N(10)
		lineage = lineage.Begin(lineage.Current()+1+m.rng.Uint64N(3), first)
	}
	c := copyOf(key, lineage, last-min(m.rng.Uint64N(25), last-1), last)
	for slot := range uint32(4) {
		if m.rng.IntN(2) == 0 {
			c.Keys = append(c.Keys, keyAt(slot+m.rng.Uint32N(2)<<16, c.Last))
		}
	}
	if m.rng.IntN(2) == 0 {
		c = storing(c, m.rng.Int64N(5), item("1", int(m.fences)), item("9", int(m.fences)))
	}
	return c
}

func (m *model) check(t *testing.T) {
	t.Helper()
	var want []called
	for key, r := range m.rooms {
		// A crash may bring back what a smaller history had dropped.
		n := len(load(t, m.store, key).History)
		if n < r.atLeast || n > min(m.history, len(r.records)) {
			t.Fatalf("history of %q holds %d records, want %d to %d", key, n, r.atLeast, min(m.history, len(r.records)))
		}
		r.atLeast = n
		checkState(t, m.store, key, r.state())
		checkFound(t, m.store, key, r.head.Turn > 0)
		if at := r.head.Alarm.At; at > 0 {
			want = append(want, called{key, at})
		}
	}
	slices.SortFunc(want, func(a, b called) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.room.Name, b.room.Name))
	})
	// Rooms of other seeds have alarms too.
	got := alarms(t, m.store, math.MaxInt64, math.MaxInt)
	got = slices.DeleteFunc(got, func(c called) bool { return m.rooms[c.room] == nil })
	if !slices.Equal(got, want) {
		t.Fatalf("alarms are %v, want %v", got, want)
	}
}
