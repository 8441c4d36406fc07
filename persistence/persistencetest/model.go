package persistencetest

import (
	"fmt"
	"math/rand/v2"
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

// write picks a write to the room: mostly a message.
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
	lineage, seq := r.lineage, r.last.Seq+1
	if n := len(lineage); n == 0 || lineage[n-1].First > seq || m.rng.IntN(20) == 0 {
		lineage = lineage.Begin(lineage.Current()+1+m.rng.Uint64N(5), seq)
	}
	w := write(key, lineage, seq)
	if m.rng.IntN(3) == 0 {
		e := keyAt(m.slot(), w.Record.Position)
		w.Key = &e
	}
	if m.rng.IntN(5) == 0 {
		w.Fence = fenceWrite(key, m.fences).Fence
	}
	return w
}

// slot picks one of a few slots: some low, some where keys that live for a
// short time only are kept.
func (m *model) slot() uint32 { return m.rng.Uint32N(4) + m.rng.Uint32N(2)<<16 }

// copy picks a copy near to what the room holds: of its own order, or of one
// that went another way, and now and then of none that is near.
func (m *model) copy(key persistence.RoomKey, r *modelRoom) persistence.Copy {
	lineage := r.lineage
	last := 1 + m.rng.Uint64N(r.last.Seq+10)
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
	return c
}

func (m *model) check(t *testing.T) {
	t.Helper()
	for key, r := range m.rooms {
		// A crash may bring back what a smaller history had dropped.
		n := len(load(t, m.store, key).History)
		if n < r.atLeast || n > min(m.history, len(r.records)) {
			t.Fatalf("history of %q holds %d records, want %d to %d", key, n, r.atLeast, min(m.history, len(r.records)))
		}
		r.atLeast = n
		checkState(t, m.store, key, r.state())
	}
}
