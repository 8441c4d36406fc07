package actors_test

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster/clustertest"
	"github.com/parlor-sse/parlor/cluster/remoting"
	"github.com/parlor-sse/parlor/persistence"
)

// kindFleet is a fleet whose nodes know the test kind, all with one behaviour.
type kindFleet struct {
	*fleet
	kind actors.Kind
}

func newKindFleet(t *testing.T, k actors.Kind, names ...string) *kindFleet {
	f := &kindFleet{kind: k, fleet: &fleet{
		Net: clustertest.New(t, nil, names...), t: t,
		stores: make(map[string]persistence.Store), nodes: make(map[string]*bench),
	}}
	f.start(names...)
	f.Ring(names...)
	return f
}

// start starts nodes on what their stores hold.
func (f *kindFleet) start(names ...string) {
	f.t.Helper()
	for _, name := range names {
		if f.stores[name] == nil {
			f.stores[name] = memory(f.t, 10)
		}
		f.Node(name).Config.Life = f.stores[name].Life().Epoch
		f.Start(name)
	}
	for _, name := range names {
		node := f.Node(name)
		host, port, err := net.SplitHostPort(node.Config.Bind)
		if err != nil {
			f.t.Fatal(err)
		}
		p, _ := strconv.Atoi(port)
		f.nodes[name] = open(f.t, f.stores[name], all(with(f.kind), func(c *actors.Config) {
			c.Node, c.Ring, c.Cluster, c.Incarnation = name, nil, node.Cluster, node.Config.Incarnation
			c.Durability = actors.DurabilityQuorumMemory
			c.Remote = &remoting.Config{Bind: net.JoinHostPort(host, strconv.Itoa(p+2))}
		}))
	}
}

// rooms returns names of rooms of the test kind that the node owns.
func (f *kindFleet) rooms(owner string, n int) []string {
	f.t.Helper()
	ring := f.Node(owner).View().Ring()
	var names []string
	for i := 0; len(names) < n; i++ {
		if name := fmt.Sprint("room-", i); ring.Owner(testKind, name).Name == owner {
			names = append(names, name)
		}
	}
	return names
}

func (f *kindFleet) roomOf(owner string) string { return f.rooms(owner, 1)[0] }

// definitely tries something until it is clear what came of it, or time is up.
func definitely[T any](try func() (T, error)) (got T, err error) {
	for deadline := time.Now().Add(clustertest.Patience); ; {
		got, err = try()
		unclear := actors.Retryable(err) || errors.Is(err, actors.ErrUnknownOutcome)
		if !unclear || time.Now().After(deadline) {
			return got, err
		}
	}
}

// insist makes a call until it is clear what came of it.
func (b *bench) insist(c actors.Call) (actors.Reply, error) {
	return definitely(func() (actors.Reply, error) { return b.Call(ctx(b.t), c) })
}

// insistOn is insist for a publication.
func (b *bench) insistOn(p actors.Publication) (actors.Receipt, error) {
	return definitely(func() (actors.Receipt, error) { return b.Publish(ctx(b.t), p) })
}

// create makes a room of the test kind without a name.
func (b *bench) create() (persistence.RoomKey, error) {
	return definitely(func() (persistence.RoomKey, error) { return b.Create(ctx(b.t), testKind) })
}

// find looks for a room of the test kind.
func (b *bench) find(id string) (persistence.RoomKey, error) {
	return definitely(func() (persistence.RoomKey, error) { return b.Find(ctx(b.t), testKind, id) })
}
