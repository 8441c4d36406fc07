//go:build !race

package persistence_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// TestCommitterAllocatesNothing submits, insists and commits without allocating once
// its arrays have grown.
func TestCommitterAllocatesNothing(t *testing.T) {
	const writes = 100
	committed := make(chan int, 2*writes)
	o := channelOwner(committed)
	c := openCommitter(t, fakeStore{commit: func([]persistence.Write) error { return nil }}, persistence.CommitterConfig{})
	defer c.Close()
	w := testWrite(1)
	fenced := persistence.Write{Room: w.Room, Fence: &persistence.Fence{Promised: 7}}
	round := func() {
		for range writes {
			if err := c.Submit(w, o); err != nil {
				t.Fatal(err)
			}
			if err := c.Insist(fenced, o); err != nil {
				t.Fatal(err)
			}
		}
		for n := 0; n < 2*writes; {
			n += <-committed
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 1 { // the runtime's own
		t.Errorf("%d writes allocate %v times", 2*writes, n)
	}
}
