package actors_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestSinkAfterConfirmation has messages committed behind a call that only reads,
// and whose answer waits until the room is known to be the node's still. They go
// to the sink as soon as they may be seen, and not when the room looks for what is
// left.
func TestSinkAfterConfirmation(t *testing.T) {
	store, c := memory(t, 10), newCollector()
	var s script
	b := open(t, store, all(sinking(c), with(kind(&s))))
	confirm := b.HoldConfirmations()
	var work sync.WaitGroup
	read := make(chan struct{})
	work.Go(func() {
		s.do(b, "a", func(*actors.Context) error {
			close(read)
			return nil
		})
	})
	<-read
	for n := 1; n <= 2; n++ {
		work.Go(func() {
			if _, err := b.Publish(ctx(t), actors.Publication{Room: test("a"), Body: fmt.Appendf(nil, `{"n":%d}`, n)}); err != nil {
				t.Error(err)
			}
		})
		waitFor(t, "it is on disk", func() bool {
			state, err := store.Load(test("a"))
			return err == nil && state.Last.Seq == uint64(n)
		})
	}
	if got := c.of(test("a")); len(got) > 0 {
		t.Errorf("delivered before the room was confirmed: %v", got)
	}
	confirm()
	work.Wait()
	c.expect(t, test("a"), 2)
	if state, err := store.Load(test("a")); err != nil || state.Turn != 2 {
		t.Errorf("delivered after turn %d, %v", state.Turn, err)
	}
}
