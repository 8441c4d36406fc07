package exampletest

import (
	"testing"
	"time"
)

// Patience bounds every wait. It is only reached when a test fails.
const Patience = 30 * time.Second

// glance is the time between two looks at a condition.
const glance = 10 * time.Millisecond

// Eventually waits until check finds nothing to complain about. If it still does
// when Patience is at its end, the test ends with that complaint.
func Eventually(t testing.TB, what string, check func() error) {
	t.Helper()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for deadline := time.Now().Add(Patience); ; <-tick.C {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s: %v", Patience, what, err)
		}
	}
}
