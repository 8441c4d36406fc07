package actors_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// TestCallerGivesUp has a caller lose patience, on a node of its own, long before
// its deadline: it is told at once that nobody knows what comes of the message.
func TestCallerGivesUp(t *testing.T) {
	g := newGate()
	b := open(t, &faulty{Store: memory(t, 10), commit: g.pass}, nil)
	defer close(g.opened)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	outcome := make(chan error, 1)
	go func() {
		_, err := b.Publish(ctx, actors.Publication{Room: key("a"), Event: "message", Body: []byte("{}")})
		outcome <- err
	}()
	waitFor(t, "the commit is under way", func() bool { return g.waiting.Load() == 1 })
	cancel()
	select {
	case err := <-outcome:
		if !errors.Is(err, actors.ErrUnknownOutcome) {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("still waiting")
	}
}
