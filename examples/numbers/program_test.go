package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// TestProgram tries the program as its users do.
func TestProgram(t *testing.T) {
	program := proctest.Build(t, ".")
	for _, c := range []struct {
		name string
		test func(t *testing.T, program string)
	}{
		{"three nodes", threeNodes},
		{"pages", pages},
		{"bytes", exactBytes},
		{"any id", anyID},
		{"object ids", objectIDs},
		{"refusals", refusals},
		{"same numbers", sameNumbers},
		{"timer", timer},
		{"nothing kept", nothingKept},
		{"logs", logs},
		{"bad intervals", badIntervals},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, program)
		})
	}
}

// roomPath is where a node tells about a stream's room.
func roomPath(id string) string {
	return "/rooms/" + nameOf(id) + "?" + url.Values{"kind": {kindName}}.Encode()
}

// untilListeners waits until so many clients listen to a stream.
func untilListeners(t *testing.T, n *nodetest.Node, id string, count int) {
	t.Helper()
	proctest.Eventually(t, fmt.Sprintf("%d listen to %q", count, id), func() error {
		a, err := n.Ask(http.MethodGet, roomPath(id), "", "")
		if err != nil || a.Status != http.StatusOK {
			return fmt.Errorf("%v, %w", a, err)
		}
		var info actors.RoomInfo
		if a.JSON(t, &info); info.ConnectionCount != count {
			return fmt.Errorf("%d do", info.ConnectionCount)
		}
		return nil
	})
}
