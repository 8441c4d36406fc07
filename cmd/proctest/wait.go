package proctest

import (
	"errors"
	"testing"
	"time"
)

// Patience bounds every wait. It is only reached when a test fails, and is long
// because a busy machine is no fault of the program's.
const Patience = 30 * time.Second

// glance is the time between two looks at a condition.
const glance = 5 * time.Millisecond

// Eventually waits until check finds nothing to complain about. If it still does
// when Patience is at its end, the test ends with that complaint.
func Eventually(t testing.TB, what string, check func() error) {
	t.Helper()
	Within(t, Patience, what, check)
}

// Until is Eventually for what is so or not.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	Eventually(t, what, func() error {
		t.Helper()
		if !done() {
			return errNot
		}
		return nil
	})
}

var errNot = errors.New("it is not so")

// Within is Eventually for what takes another time.
func Within(t testing.TB, limit time.Duration, what string, check func() error) {
	t.Helper()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); ; <-tick.C {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s: %v", limit, what, err)
		}
	}
}
