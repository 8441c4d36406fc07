package actors_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster/clustertest"
	"github.com/parlor-sse/parlor/persistence"
)

// kindFleet is a fleet whose nodes know the test kind, all with one behaviour.
type kindFleet struct {
	*fleet
	kind actors.Kind
}

func newKindFleet(t *testing.T, k actors.Kind, names ...string) *kindFleet {
	return &kindFleet{kind: k, fleet: newFleetOf(t, with(k), names...)}
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
