package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

const (
	visits    = "/rooms/visits/fetch"
	ofCounter = "?kind=counter"
	live      = "/connect?room=visits&kind=counter"
)

func TestProgram(t *testing.T) {
	program := proctest.Build(t, ".")
	t.Run("one node", func(t *testing.T) { t.Parallel(); oneNode(t, program) })
	t.Run("three nodes", func(t *testing.T) { t.Parallel(); threeNodes(t, program) })
}

// oneNode counts, kills the program, and goes on.
func oneNode(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	listener := n.Open(live)
	var count Count
	n.Post(visits+"/increment"+ofCounter, "", &count)
	first := increment(t, n, "first")
	if again := increment(t, n, "first"); count.Value != 1 || first != 2 || again != 2 {
		t.Errorf("counted %d, %d and again %d", count.Value, first, again)
	}
	if got := valuesOf(t, listener.Wait(2, "count")); got[0] != 1 || got[1] != 2 {
		t.Errorf("listeners heard %d", got)
	}
	if a, err := n.Ask(http.MethodPost, visits+"/increment"+ofCounter+"&by=2", "first", ""); err != nil || a.Status != http.StatusConflict {
		t.Errorf("another increment under the same key: %v, %v", a, err)
	}
	if a, err := n.Ask(http.MethodPost, visits+"/increment"+ofCounter+"&by=x", "", ""); err != nil || a.Status != http.StatusBadRequest || a.Code() != "invalid_by" {
		t.Errorf("by=x: %v, %v", a, err)
	}

	n.Kill()
	n.Run()
	n.Get(visits+ofCounter, &count)
	if again := increment(t, n, "first"); count.Value != 2 || again != 2 {
		t.Errorf("after the kill it is %d, and what was counted as 2 is %d", count.Value, again)
	}
	n.Post(visits+"/increment"+ofCounter+"&by=40", "", &count)
	listener = n.Open(live + "&replay=1")
	if got := valuesOf(t, listener.Wait(1, "count")); count.Value != 42 || got[0] != 42 {
		t.Errorf("counted %d, listeners who come hear %d", count.Value, got)
	}
	n.Post(visits+"/reset"+ofCounter, "", &count)
	if got := valuesOf(t, listener.Wait(2, "count")); count.Value != 0 || got[1] != 0 {
		t.Errorf("reset to %d, listeners heard %d", count.Value, got)
	}
}

// increment increments under a key and returns the value.
func increment(t *testing.T, n *nodetest.Node, key string) int64 {
	t.Helper()
	a, err := n.Ask(http.MethodPost, visits+"/increment"+ofCounter, key, "")
	if err != nil || a.Status != http.StatusOK {
		t.Fatalf("increment under %q: %v, %v", key, a, err)
	}
	var count Count
	a.JSON(t, &count)
	return count.Value
}

func valuesOf(t *testing.T, events []sse.Event) []int64 {
	t.Helper()
	values := make([]int64, len(events))
	for i, e := range events {
		var count Count
		if err := json.Unmarshal(e.Data, &count); err != nil {
			t.Fatalf("%s: %v", e.Data, err)
		}
		values[i] = count.Value
	}
	return values
}
