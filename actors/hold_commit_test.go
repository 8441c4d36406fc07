package actors_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestHeldAnswerWaitsForTheTurnThatGaveIt holds up two commits: of a call that is
// held back, and of the one that answers it. The answer leaves with the second.
func TestHeldAnswerWaitsForTheTurnThatGaveIt(t *testing.T) {
	h := newHolder()
	passed := make(chan struct{}, 1)
	h.on("/pass", func(*actors.Context, http.ResponseWriter, *http.Request) error {
		passed <- struct{}{}
		return nil
	})
	gates := []chan struct{}{make(chan struct{}), make(chan struct{})}
	var commits atomic.Int32
	commit := func() error {
		if n := int(commits.Add(1)); n <= len(gates) {
			<-gates[n-1]
		}
		return nil
	}
	b := open(t, &faulty{Store: memory(t, 10), commit: commit}, with(kind(h)))
	var answered atomic.Int32
	var work sync.WaitGroup
	work.Go(func() {
		if r, err := b.ask("a", "/hold"); err != nil || r.Status != http.StatusAccepted || string(r.Body) != "x" {
			t.Errorf("held: %+v, %v", r, err)
		}
		answered.Add(1)
	})
	waitFor(t, "the first commit is held up", func() bool { return commits.Load() == 1 })
	work.Go(func() { _, _ = b.ask("a", "/give?x") })
	work.Go(func() { _, _ = b.ask("a", "/pass") })
	<-passed // so the call that gives the answer is over, and the room about to hear of it
	if _, err := b.Info(ctx(t), test("a")); err != nil {
		t.Fatal(err)
	}
	close(gates[0])
	waitFor(t, "the second commit is held up", func() bool { return commits.Load() == 2 })
	waitFor(t, "the first is known to the room", func() bool {
		i, err := b.Info(ctx(t), test("a"))
		return err == nil && i.StoredItems > 0
	})
	if answered.Load() != 0 {
		t.Error("the answer left before the turn that gave it was committed")
	}
	close(gates[1])
	work.Wait()
}
