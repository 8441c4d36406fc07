package pebblestore

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/parlor-sse/parlor/persistence"
)

// TestGateClose has close wait for the calls under way, a commit among them,
// and refuse those that come after.
func TestGateClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		if err := g.enter(); err != nil {
			t.Fatal(err)
		}
		if _, err := g.begin(nil); err != nil {
			t.Fatal(err)
		}
		closed := false
		go func() {
			if err := g.close(); err != nil {
				t.Error(err)
			}
			closed = true
		}()
		synctest.Wait()
		if err := g.enter(); !errors.Is(err, persistence.ErrClosed) {
			t.Errorf("enter: %v, want ErrClosed", err)
		}
		if _, err := g.begin(nil); !errors.Is(err, persistence.ErrClosed) {
			t.Errorf("begin: %v, want ErrClosed", err)
		}
		if err := g.close(); !errors.Is(err, persistence.ErrClosed) {
			t.Errorf("second close: %v, want ErrClosed", err)
		}
		g.leave()
		synctest.Wait()
		if closed {
			t.Error("close did not wait for the commit")
		}
		g.end(nil)
		synctest.Wait()
		if !closed {
			t.Error("close still waits")
		}
	})
}
