package main

import (
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
)

// TestProgram follows rooms in a real browser.
func TestProgram(t *testing.T) {
	program := proctest.Build(t, ".")
	for _, c := range []struct {
		name string
		test func(t *testing.T, b *chromium.Browser, program string)
	}{
		{"eight tabs", eightTabs},
		{"different rooms", differentRooms},
		{"closed at once", closedAtOnce},
		{"fragment", fragment},
		{"leader closed", leaderClosed},
		{"leader frozen", leaderFrozen},
		{"node killed", nodeKilled},
		{"node frozen", nodeFrozen},
		{"missed and lost", missedAndLost},
		{"missed the first", missedFirst},
		{"refused", refused},
		{"no locks", noLocks},
		{"tickets", tickets},
		{"joined without a ticket", joinedWithoutTicket},
		{"joined while it hangs", joinedWhileItHangs},
		{"joined in silence", joinedInSilence},
		{"joined as one user", joinedAsOneUser},
		{"tokens", tokens},
		{"page", demoPage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, chromium.Start(t), program)
		})
	}
}
