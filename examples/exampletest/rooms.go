package exampletest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/persistence"
)

// Rooms are rooms of one kind in the test's own process, in memory.
type Rooms struct {
	System *actors.System
	t      testing.TB
	kind   string
}

// OpenRooms opens rooms of a kind, which are closed with the test.
func OpenRooms(t testing.TB, kind actors.Kind) *Rooms {
	t.Helper()
	cfg := actors.DefaultConfig()
	cfg.Node, cfg.Ring, cfg.Kinds = "n1", cluster.Alone("n1"), []actors.Kind{kind}
	cfg.Durability, cfg.Store = actors.DurabilityMemory, persistence.NewMemoryStore(persistence.MemoryConfig{History: cfg.History})
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	if cfg.Committer, err = persistence.OpenCommitter(cfg.Store, persistence.CommitterConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Committer.Close() }) // a memory store has nothing to fail
	rooms, err := actors.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rooms.Close)
	return &Rooms{System: rooms, t: t, kind: kind.Name}
}

// Call has a room answer a request.
func (r *Rooms) Call(room, method, target string) (actors.Reply, error) {
	return r.System.Call(r.context(), actors.Call{Room: r.key(room), Method: method, Target: target})
}

// Publish publishes a message to a room.
func (r *Rooms) Publish(room, event, body string) (actors.Receipt, error) {
	return r.System.Publish(r.context(), actors.Publication{Room: r.key(room), Event: event, Body: []byte(body)})
}

func (r *Rooms) key(room string) persistence.RoomKey {
	return persistence.RoomKey{Kind: r.kind, Name: room}
}

func (r *Rooms) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), proctest.Patience)
	r.t.Cleanup(cancel)
	return ctx
}
