package persistence_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence"
)

// TestCommitterInsists has writes taken by a full queue, in their place among
// the others, and those that may wait refused until all of them are through.
func TestCommitterInsists(t *testing.T) {
	for name, cfg := range map[string]persistence.CommitterConfig{
		"writes": {QueueWrites: 3},
		"bytes":  {QueueBytes: 3 * 250},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				registry := prometheus.NewPedanticRegistry()
				cfg.Registerer = registry
				s := newSlowStore()
				c := openCommitter(t, s, cfg)
				a, b := &fakeOwner{}, &fakeOwner{}
				insist := func(seq uint64) {
					t.Helper()
					if err := c.Insist(testWrite(seq), b); err != nil {
						t.Fatal(err)
					}
				}
				checkFull := func(want bool) {
					t.Helper()
					if got := c.Full(); got != want {
						t.Fatalf("Full says %v", got)
					}
					if !want {
						return
					}
					if err := c.Submit(testWrite(9), a); !errors.Is(err, persistence.ErrBusy) {
						t.Fatalf("submit to a full queue: %v, want ErrBusy", err)
					}
				}
				checkFull(false)
				submit(t, c, a, 1)
				synctest.Wait()
				insist(2)
				checkFull(false)
				submit(t, c, a, 3)
				checkFull(true)
				insist(4)
				insist(5)
				checkFull(true)
				s.release()
				checkFull(true)
				s.release()
				checkFull(false)
				s.check(t, []uint64{1}, []uint64{2, 3, 4, 5})
				a.check(t, 1, 1)
				b.check(t, 3)
				if got := gather(t, registry); got["parlor_commit_insisted_total"] != 2 || got["parlor_commit_refused_total"] != 3 {
					t.Errorf("counted %v", got)
				}
				if err := c.Insist(persistence.Write{}, b); !errors.Is(err, persistence.ErrInvalid) {
					t.Errorf("insist on nothing: %v, want ErrInvalid", err)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if err := c.Insist(testWrite(6), b); !errors.Is(err, persistence.ErrClosed) {
					t.Errorf("insist after Close: %v, want ErrClosed", err)
				}
			})
		})
	}
}
