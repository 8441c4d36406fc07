package main

import (
	"testing"

	"github.com/parlor-sse/parlor/examples/exampletest"
)

// TestProgram follows rooms in a real browser.
func TestProgram(t *testing.T) {
	program := exampletest.Build(t)
	for _, c := range []struct {
		name string
		test func(t *testing.T, b *exampletest.Browser, program string)
	}{
		{"eight tabs", eightTabs},
		{"different rooms", differentRooms},
		{"closed at once", closedAtOnce},
		{"leader closed", leaderClosed},
		{"leader frozen", leaderFrozen},
		{"node killed", nodeKilled},
		{"node frozen", nodeFrozen},
		{"missed and lost", missedAndLost},
		{"missed the first", missedFirst},
		{"refused", refused},
		{"no locks", noLocks},
		{"tickets", tickets},
		{"tokens", tokens},
		{"page", demoPage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, exampletest.OpenBrowser(t), program)
		})
	}
}
