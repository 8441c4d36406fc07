package persistencetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// modelSeeds are the histories of calls that testModel tries; a failure names
// its seed.
const modelSeeds = 3

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
}

type modelRoom struct {
	lineage persistence.Lineage
	records []persistence.Record // all that was committed
	atLeast int                  // how many of them the store must still hold
	keys    map[uint32]persistence.KeyEntry
	last    uint64
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

// commit writes one batch to a few rooms, some of which change their epoch.
func (m *model) commit(t *testing.T) {
	t.Helper()
	var batch []persistence.Write
	for range 1 + m.rng.IntN(12) {
		key := room(fmt.Sprintf("%d-%d", m.seed, m.rng.IntN(5)))
		r, ok := m.rooms[key]
		if !ok {
			r = &modelRoom{keys: make(map[uint32]persistence.KeyEntry)}
			m.rooms[key] = r
		}
		if len(r.lineage) == 0 || m.rng.IntN(20) == 0 {
			r.lineage = r.lineage.Begin(r.lineage.Current()+1+m.rng.Uint64N(5), r.last+1)
		}
		r.last++
		w := write(key, r.lineage, r.last)
		if m.rng.IntN(3) == 0 {
			e := persistence.KeyEntry{Slot: m.rng.Uint32N(4), At: w.Record.Position, Time: int64(r.last)}
			w.Key = &e
			r.keys[e.Slot] = e
		}
		r.records = append(r.records, w.Record)
		r.atLeast++
		batch = append(batch, w)
	}
	commit(t, m.store, batch...)
	for _, r := range m.rooms {
		r.trim(m.history)
	}
}

func (r *modelRoom) trim(history int) { r.atLeast = min(r.atLeast, history) }

func (m *model) check(t *testing.T) {
	t.Helper()
	for key, r := range m.rooms {
		st := load(t, m.store, key)
		// A crash may bring back what a smaller history had dropped.
		if n := len(st.History); n < r.atLeast || n > m.history {
			t.Fatalf("history of %q holds %d records, want %d to %d", key, n, r.atLeast, m.history)
		}
		r.atLeast = len(st.History)
		checkHistory(t, m.store, key, r.records[len(r.records)-r.atLeast:])
		if !slices.Equal(st.Lineage, r.lineage) {
			t.Fatalf("lineage of %q is %v, want %v", key, st.Lineage, r.lineage)
		}
		checkKeys(t, m.store, key, sortedKeys(slices.Collect(maps.Values(r.keys)))...)
	}
}
