package actors_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestCommitQueueIsFull has calls store more than the commit queue takes: those
// beyond it are told to come again, nothing of them is kept, and all others count.
func TestCommitQueueIsFull(t *testing.T) {
	g := newGate()
	store := &faulty{Store: memory(t, 10), commit: g.pass}
	small, err := persistence.OpenCommitter(store, persistence.CommitterConfig{QueueWrites: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = small.Close() })
	b := open(t, store, all(with(kind(counter{})), func(c *actors.Config) { c.Committer = small }))
	const callers = 20
	var work sync.WaitGroup
	var counted, refused atomic.Int32
	for range callers {
		work.Go(func() {
			switch r, err := b.ask("a", "/"); {
			case actors.Overloaded(err), actors.Retryable(err):
				refused.Add(1)
			default:
				count(t, r, err)
				counted.Add(1)
			}
		})
	}
	waitFor(t, "some are refused", func() bool { return refused.Load() > 0 && g.waiting.Load() == 1 })
	close(g.opened)
	work.Wait()
	r, err := b.Call(ctx(t), actors.Call{Room: test("a"), Method: http.MethodGet, Target: "/"})
	if n := count(t, r, err); n != int(counted.Load()) || counted.Load()+refused.Load() != callers {
		t.Errorf("%d of %d calls counted, %d were refused, and the counter says %d", counted.Load(), callers, refused.Load(), n)
	}
}
