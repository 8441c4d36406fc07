// Package leaks looks, after the tests of a package whose nodes gossip, for
// goroutines that they left behind.
package leaks

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may take to end after the last test:
// memberlist's see the end of theirs after the probe that they are in, which a
// peer that was killed draws out to a few seconds.
const patience = 15 * time.Second

// Main runs the tests and ends the process, as TestMain does: with an error if
// a test failed, or if goroutines are still there that the options do not
// exempt.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		code = look(options)
	}
	os.Exit(code)
}

func look(options []goleak.Option) int {
	deadline := time.Now().Add(patience)
	for {
		err := goleak.Find(options...)
		switch {
		case err == nil:
			return 0
		case time.Now().After(deadline):
			fmt.Fprintln(os.Stderr, "goroutines were left behind:", err)
			return 1
		}
	}
}
