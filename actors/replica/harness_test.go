package replica_test

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/actors/replica"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var lobby = persistence.RoomKey{Kind: "room", Name: "lobby"}

// group is several sets over stores of their own, joined by queues in memory
// that can be cut.
type group struct {
	t            testing.TB
	incarnations uint64 // of processes so far

	mu      sync.Mutex
	nodes   map[string]*member   // guarded by mu
	configs []replication.Config // guarded by mu
	cut     map[string]bool      // guarded by mu
}

type member struct {
	*replica.Set
	name      string
	store     persistence.Store
	committer *persistence.Committer
	inbox     chan parcel
	done      chan struct{}
}

type parcel struct {
	from string
	room persistence.RoomKey
	m    replication.Message
}

func newGroup(t testing.TB, names ...string) *group {
	g := &group{t: t, nodes: make(map[string]*member), cut: make(map[string]bool)}
	for _, name := range names {
		g.start(name, persistence.NewMemoryStore(persistence.MemoryConfig{History: 10, Life: 7}))
	}
	g.configure(replication.Config{Ring: 1, Members: g.members(names...)})
	t.Cleanup(func() {
		for _, name := range names {
			g.stop(name)
		}
	})
	return g
}

func (g *group) members(names ...string) []replication.Member {
	var all []replication.Member
	for _, n := range names {
		all = append(all, replication.Member{Node: n, Life: g.nodes[n].store.Life().Epoch})
	}
	return all
}

func (g *group) start(name string, store persistence.Store) *member {
	g.t.Helper()
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		g.t.Fatal(err)
	}
	cfg := replica.DefaultConfig()
	g.incarnations++
	cfg.Node, cfg.Incarnation, cfg.History = name, g.incarnations, 10
	cfg.Store, cfg.Committer = store, committer
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Tick, cfg.Linger, cfg.Patience = 5*time.Millisecond, 100*time.Millisecond, 200*time.Millisecond
	cfg.Configs = func(persistence.RoomKey) []replication.Config {
		g.mu.Lock()
		defer g.mu.Unlock()
		return slices.Clone(g.configs)
	}
	cfg.Contact = func(other string) bool { return !g.isCut(name) && !g.isCut(other) }
	cfg.Send = func(to string, room persistence.RoomKey, m replication.Message) { g.carry(name, to, room, m) }
	set, err := replica.Open(cfg)
	if err != nil {
		g.t.Fatal(err)
	}
	m := &member{Set: set, name: name, store: store, committer: committer, inbox: make(chan parcel, 4096), done: make(chan struct{})}
	g.mu.Lock()
	g.nodes[name] = m
	g.mu.Unlock()
	go m.run()
	return m
}

func (m *member) run() {
	defer close(m.done)
	for p := range m.inbox {
		m.Receive(p.from, p.room, p.m)
	}
}

func (g *group) stop(name string) {
	g.mu.Lock()
	m := g.nodes[name]
	delete(g.nodes, name)
	g.mu.Unlock()
	close(m.inbox)
	<-m.done
	_ = m.committer.Close()
	m.Close()
}

func (g *group) carry(from, to string, room persistence.RoomKey, m replication.Message) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if node := g.nodes[to]; node != nil && !g.cut[from] && !g.cut[to] {
		select {
		case node.inbox <- parcel{from, room, m}:
		default: // lost
		}
	}
}

func (g *group) isCut(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cut[name]
}

func (g *group) setCut(name string, cut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut[name] = cut
}

func (g *group) configure(configs ...replication.Config) {
	g.mu.Lock()
	g.configs = configs
	nodes := make([]*member, 0, len(g.nodes))
	for _, n := range g.nodes {
		nodes = append(nodes, n)
	}
	g.mu.Unlock()
	for _, n := range nodes {
		n.Reconfigure()
	}
}

// owner records what a set tells it.
type owner struct {
	t       testing.TB
	events  chan any
	own     *replica.Ownership
	epoch   uint64
	seq     uint64 // of the newest message, and its turn: each is a turn by itself
	lineage persistence.Lineage
}

func (o *owner) Owned(e replication.Owned)         { o.events <- e }
func (o *owner) Committed(e replication.Committed) { o.events <- e }
func (o *owner) Confirmed(e replication.Confirmed) { o.events <- e }
func (o *owner) Deposed(r replication.Reason)      { o.events <- r }

func (o *owner) next() any {
	o.t.Helper()
	select {
	case e := <-o.events:
		return e
	case <-time.After(30 * time.Second):
		o.t.Fatal("nothing was said to the owner")
		return nil
	}
}

func (g *group) acquire(name string) (*owner, any) {
	g.t.Helper()
	o := &owner{t: g.t, events: make(chan any, 1024)}
	o.own = g.nodes[name].Acquire(lobby, o)
	return o, o.next()
}

// own acquires the room at a node and returns what it holds.
func (g *group) own(name string) (*owner, persistence.Copy) {
	g.t.Helper()
	o, e := g.acquire(name)
	owned, ok := e.(replication.Owned)
	if !ok {
		g.t.Fatalf("%s: %v, want Owned", name, e)
	}
	o.epoch, o.seq, o.lineage = owned.Epoch, owned.Log.Last.Seq, owned.Log.Lineage
	return o, owned.Log
}

func (o *owner) propose(n int) {
	for range n {
		o.seq++
		o.own.Propose(o.seq, persistence.Turn{Records: []persistence.Record{{
			Position: persistence.Position{Epoch: o.epoch, Seq: o.seq}, Time: int64(o.seq), Event: "e", Data: fmt.Appendf(nil, `{"n":%d}`, o.seq),
		}}})
	}
}

// committed waits until everything proposed is committed.
func (o *owner) committed() replication.Committed {
	o.t.Helper()
	for {
		switch e := o.next().(type) {
		case replication.Committed:
			if e.Turn == o.seq {
				return e
			}
		default:
			o.t.Fatalf("%v, want Committed", e)
		}
	}
}

// eventually waits for a condition that no event announces.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
