package main

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

const (
	egg         = "/rooms/egg/fetch"
	ofCountdown = "?kind=countdown"
	live        = "/connect?room=egg&kind=countdown"
)

func TestProgram(t *testing.T) {
	program := proctest.Build(t, ".")
	t.Run("one node", func(t *testing.T) { t.Parallel(); oneNode(t, program) })
	t.Run("one node killed", func(t *testing.T) { t.Parallel(); oneNodeKilled(t, program) })
	t.Run("three nodes", func(t *testing.T) { t.Parallel(); threeNodes(t, program) })
}

// oneNode sees a countdown that is given up, and one that comes to its end.
func oneNode(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	listener := n.Open(live)
	started := start(n, "600")
	seen := stateOf(t, listener.Wait(1, "update")[0])
	if seen.Deadline != started.Deadline || seen.Remaining <= 0 || seen.Remaining > 600 {
		t.Errorf("while it runs listeners see %+v", seen)
	}
	n.Post(egg+"/cancel"+ofCountdown, "", nil)
	started = start(n, "0.5")
	done := stateOf(t, listener.Wait(1, "done")[0])
	if want := (State{Fired: 1, Last: started.Deadline}); done != want {
		t.Errorf("done says %+v, want %+v", done, want)
	}
	start(n, "600") // what the second was to bring it has brought by then
	want := []string{"started", "cancelled", "started", "done", "started"}
	var got []string
	for _, e := range listener.Wait(len(want), "started", "cancelled", "done") {
		got = append(got, e.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("listeners heard %q, want %q", got, want)
	}
	once(t, n, 1)
}

// oneNodeKilled kills the program over a countdown that is due while nothing
// runs, and one that is due later.
func oneNodeKilled(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	started := start(n, "0.5")
	n.Kill()
	<-time.After(time.Until(started.Deadline.Time))
	n.Run()
	awake(t, n) // by itself
	done := n.Open(live).Wait(1, "done")
	if s := stateOf(t, done[0]); s != (State{Fired: 1, Last: started.Deadline}) {
		t.Errorf("due while nothing ran: %+v, started as %+v", s, started)
	}

	started = start(n, "3")
	n.Kill()
	n.Run()
	done = n.Open(live).Wait(2, "done")
	if s := stateOf(t, done[1]); s != (State{Fired: 2, Last: started.Deadline}) {
		t.Errorf("due after the kill: %+v, started as %+v", s, started)
	}
	once(t, n, 2)
}

// threeNodes kills the node that owns the room before the countdown is due.
// Nobody calls the room from then on; whoever listens at another node hears it
// end nevertheless.
func threeNodes(t *testing.T, program string) {
	c := nodetest.StartCluster(t, program, 3)
	owner := c.Owner("countdown", "egg")
	others := c.Others(owner)
	listener := others[0].Open(live)
	started := start(others[1], "4")
	owner.Kill()
	if time.Now().After(started.Deadline.Time) {
		t.Fatal("the machine is too slow: it was due before the owner was killed")
	}
	done := listener.Wait(1, "done")
	late := time.Since(started.Deadline.Time)
	if s := stateOf(t, done[0]); s != (State{Fired: 1, Last: started.Deadline}) {
		t.Errorf("done says %+v, started as %+v", s, started)
	}
	t.Logf("the end was heard %v after it was due", late.Round(time.Millisecond))
	owner.Run()
	c.Settle()
	for _, n := range c.Nodes {
		once(t, n, 1)
	}
	if got := listener.Events("done"); len(got) != 1 || !listener.Open() {
		t.Errorf("the listener has heard %q", got)
	}
}

// awake waits until the room is awake at the node that owns it, which this does
// not bring about.
func awake(t *testing.T, n *nodetest.Node) {
	t.Helper()
	proctest.Eventually(t, "the room is awake", func() error {
		var page struct{ Rooms []actors.RoomInfo }
		if n.Get("/rooms", &page); len(page.Rooms) == 0 {
			return errors.New("it sleeps")
		}
		return nil
	})
}

// start starts a countdown at a node.
func start(n *nodetest.Node, seconds string) State {
	var s State
	n.Post(egg+"/start"+ofCountdown+"&seconds="+seconds, "", &s)
	return s
}

// once wants that many countdowns to have come to their ends.
func once(t *testing.T, n *nodetest.Node, fired int) {
	t.Helper()
	var s State
	if n.Get(egg+ofCountdown, &s); s.Fired != fired {
		t.Errorf("%s says %+v, want %d that fired", n.Name, s, fired)
	}
}

func stateOf(t *testing.T, e sse.Event) State {
	t.Helper()
	var s State
	if err := json.Unmarshal(e.Data, &s); err != nil {
		t.Fatalf("%s: %v", e.Data, err)
	}
	return s
}
