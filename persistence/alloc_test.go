//go:build !race

package persistence_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// TestCommitterAllocatesNothing submits and commits without allocating once
// its arrays have grown.
func TestCommitterAllocatesNothing(t *testing.T) {
	const writes = 100
	committed := make(chan int, writes)
	o := channelOwner(committed)
	c := openCommitter(t, fakeStore{commit: func([]persistence.Write) error { return nil }}, persistence.CommitterConfig{})
	defer c.Close()
	w := testWrite(1)
	round := func() {
		for range writes {
			if err := c.Submit(w, o); err != nil {
				t.Fatal(err)
			}
		}
		for n := 0; n < writes; {
			n += <-committed
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 1 { // the runtime's own
		t.Errorf("%d writes allocate %v times", writes, n)
	}
}
