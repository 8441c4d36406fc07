package actors

import (
	"testing"
	"time"
)

// TestOverflow wants the log to be told at once, then once a minute, and of all in
// the end.
func TestOverflow(t *testing.T) {
	var o overflow
	start := time.Now()
	for _, c := range []struct {
		after   time.Duration
		n, tell int
	}{
		{0, 3, 3},
		{time.Second, 1, 0},
		{overflowPause - 1, 2, 0},
		{overflowPause, 4, 7},
		{overflowPause + time.Second, 5, 0},
		{time.Hour, 1, 6},
	} {
		if tell := o.add(c.n, start.Add(c.after)); tell != c.tell {
			t.Errorf("%d more after %s: told of %d, want %d", c.n, c.after, tell, c.tell)
		}
	}
}
