package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/examples/exampletest"
)

var kind = actors.Kind{Name: "countdown", New: func() any { return Countdown{} }}

// ask has the room answer, which has to work.
func ask(t *testing.T, rooms *exampletest.Rooms, method, target string) State {
	t.Helper()
	reply, err := rooms.Call("egg", method, target)
	var s State
	if err == nil {
		err = json.Unmarshal(reply.Body, &s)
	}
	if err != nil {
		t.Fatalf("%s %s: %s, %v", method, target, reply.Body, err)
	}
	return s
}

func TestStartAndCancel(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	if s := ask(t, rooms, http.MethodGet, "/"); s != (State{}) {
		t.Errorf("a room that is new has %+v", s)
	}
	if s := ask(t, rooms, http.MethodPost, "/cancel"); s != (State{}) {
		t.Errorf("nothing was cancelled: %+v", s)
	}
	first := ask(t, rooms, http.MethodPost, "/start?seconds=60.5")
	if left := time.Until(first.Deadline.Time); first.Remaining != 60.5 || left > 60500*time.Millisecond || left < 30*time.Second {
		t.Errorf("after the start: %+v, with %v to go", first, left)
	}
	later := ask(t, rooms, http.MethodGet, "/")
	if later.Deadline != first.Deadline || later.Remaining > first.Remaining || later.Remaining <= 0 {
		t.Errorf("it runs: %+v, later %+v", first, later)
	}
	if s := ask(t, rooms, http.MethodPost, "/start?seconds=600"); !s.Deadline.After(first.Deadline.Time) {
		t.Errorf("started anew: %+v", s)
	}
	if s := ask(t, rooms, http.MethodPost, "/cancel"); s != (State{}) {
		t.Errorf("cancelled: %+v", s)
	}
}

func TestRefusals(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	for _, tc := range []struct {
		method, target, code string
		status               int
	}{
		{"POST", "/start", "invalid_seconds", 400},
		{"POST", "/start?seconds=", "invalid_seconds", 400},
		{"POST", "/start?seconds=0", "invalid_seconds", 400},
		{"POST", "/start?seconds=-1", "invalid_seconds", 400},
		{"POST", "/start?seconds=NaN", "invalid_seconds", 400},
		{"POST", "/start?seconds=Inf", "invalid_seconds", 400},
		{"POST", "/start?seconds=1e9", "invalid_seconds", 400},
		{"POST", "/start?seconds=soon", "invalid_seconds", 400},
		{"GET", "/start?seconds=1", "not_found", 404},
		{"POST", "/", "not_found", 404},
	} {
		_, err := rooms.Call("egg", tc.method, tc.target)
		var refusal *actors.Refusal
		if !errors.As(err, &refusal) || refusal.Status != tc.status || refusal.Code != tc.code {
			t.Errorf("%s %s: %v, want %d %s", tc.method, tc.target, err, tc.status, tc.code)
		}
	}
	if s := ask(t, rooms, http.MethodGet, "/"); s != (State{}) {
		t.Errorf("what was refused has changed the room: %+v", s)
	}
}

// TestEnd has two countdowns come to their ends; each counts once.
func TestEnd(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	for n := 1; n <= 2; n++ {
		started := ask(t, rooms, http.MethodPost, "/start?seconds=0.05")
		var s State
		proctest.Eventually(t, "the countdown ends", func() error {
			if s = ask(t, rooms, http.MethodGet, "/"); s.Fired < n {
				return fmt.Errorf("it is %+v", s)
			}
			return nil
		})
		if want := (State{Fired: n, Last: started.Deadline}); s != want {
			t.Errorf("at the end: %+v, want %+v", s, want)
		}
		if time.Now().Before(started.Deadline.Time) {
			t.Errorf("it ended before %v", started.Deadline)
		}
	}
}
