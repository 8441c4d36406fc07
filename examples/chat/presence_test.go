package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// threeNodes has people come and go at every node while the node that owns the
// room is killed and started again. Whoever listens elsewhere is told of each
// coming and going once.
func threeNodes(t *testing.T, program string) {
	c := nodetest.StartCluster(t, program, 3, "--history", "1000")
	owner := c.Owner("chat", "lobby")
	others := c.Others(owner)
	listeners := []*nodetest.Stream{others[0].Open(listen), others[1].Open(listen)}
	ada := []*nodetest.Stream{enter(others[0], "ada"), enter(others[1], "ada")}
	bob := enter(others[1], "bob")
	enter(owner, "carol")
	for _, l := range listeners {
		untilNews(t, l, 3, "joined ada", "joined bob", "joined carol")
	}

	owner.Kill()
	enter(others[0], "dave")
	for _, l := range listeners {
		untilNews(t, l, 5, "left carol", "joined dave")
	}
	ada[0].Close()
	bob.Close()
	for _, l := range listeners {
		untilNews(t, l, 6, "left bob")
	}
	owner.Run()
	c.Settle()
	enter(owner, "carol")
	for _, l := range listeners {
		untilNews(t, l, 7, "joined carol")
	}
	for _, n := range c.Nodes {
		untilPeople(t, n, len(listeners), "ada", "carol", "dave")
	}
	crowd(t, c, listeners)
}

// crowd has many people come and go at all nodes but the one that owns the room,
// which is killed among it all.
func crowd(t *testing.T, c *nodetest.Cluster, listeners []*nodetest.Stream) {
	const people, rounds, stay = 12, 4, 8
	owner := c.Owner("chat", "lobby")
	doors := c.Others(owner)
	open := make(map[string]*nodetest.Stream)
	name := func(i int) string { return fmt.Sprintf("p%02d", i%people) }
	for i := range people * rounds {
		if i == people*rounds/2 {
			owner.Kill()
		}
		open[name(i)] = enter(doors[(i+i/people)%len(doors)], name(i))
		if i >= stay {
			open[name(i-stay)].Close()
			delete(open, name(i-stay))
		}
	}
	// What a node tells of its streams comes in order: whoever hears of these two
	// has heard of all before them.
	enter(doors[0], "yves")
	enter(doors[1], "zoe")
	want := append([]string{"ada", "dave"}, slices.Sorted(maps.Keys(open))...)
	want = append(want, "yves", "zoe")
	untilPeople(t, doors[0], len(listeners), want...)
	doors[0].Post(speak, `{"from":"ada","message":"That is all"}`, nil)
	for _, l := range listeners {
		l.Wait(1, "said")
		if got := present(t, l); !slices.Equal(got, want) {
			t.Errorf("to a listener there are %q, and not %q", got, want)
		}
	}
	if a, b := news(t, listeners[0].Events()), news(t, listeners[1].Events()); !slices.Equal(a, b) {
		t.Errorf("one listener heard\n%q\nand the other\n%q", a, b)
	}
}

// present returns who is there by what a listener was told, where nobody comes
// who is there, or leaves who is not.
func present(t *testing.T, l *nodetest.Stream) []string {
	t.Helper()
	there := make(map[string]bool)
	for _, line := range news(t, l.Events()) {
		event, name, _ := strings.Cut(line, " ")
		joins := event == "joined"
		if there[name] == joins {
			t.Fatalf("%s for the second time in %q", line, news(t, l.Events()))
		}
		if there[name] = joins; !joins {
			delete(there, name)
		}
	}
	return slices.Sorted(maps.Keys(there))
}
