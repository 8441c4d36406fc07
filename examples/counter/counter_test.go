package main

import (
	"errors"
	"net/http"
	"strconv"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/examples/exampletest"
)

var kind = actors.Kind{Name: "counter", New: func() any { return Counter{} }}

func TestFetch(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	biggest := strconv.Itoa(maxValue)
	for _, step := range []struct {
		method, target string
		want           string // body, or code of the refusal
		status         int
	}{
		{"GET", "/", `{"value":0}`, 200},
		{"POST", "/increment", `{"value":1}`, 200},
		{"POST", "/increment?by=41", `{"value":42}`, 200},
		{"POST", "/increment?by=", `{"value":43}`, 200},
		{"POST", "/increment?by=-50", `{"value":-7}`, 200},
		{"POST", "/increment?by=0.5", "invalid_by", 400},
		{"POST", "/increment?by=many", "invalid_by", 400},
		{"POST", "/increment?by=9007199254740992", "invalid_by", 400},
		{"POST", "/increment?by=9223372036854775808", "invalid_by", 400},
		{"POST", "/increment?by=-" + biggest, "out_of_range", 422},
		{"GET", "/", `{"value":-7}`, 200},
		{"HEAD", "/", `{"value":-7}`, 200},
		{"POST", "/increment?by=" + biggest, `{"value":9007199254740984}`, 200},
		{"POST", "/increment?by=8", "out_of_range", 422},
		{"POST", "/increment?by=7", `{"value":9007199254740991}`, 200},
		{"POST", "/reset", `{"value":0}`, 200},
		{"GET", "/increment", "not_found", 404},
		{"POST", "/", "not_found", 404},
		{"GET", "/elsewhere", "not_found", 404},
	} {
		reply, err := rooms.Call("visits", step.method, step.target)
		var refusal *actors.Refusal
		if errors.As(err, &refusal) {
			if refusal.Status != step.status || refusal.Code != step.want {
				t.Errorf("%s %s: %d %s, want %d %s", step.method, step.target, refusal.Status, refusal.Code, step.status, step.want)
			}
			continue
		}
		if err != nil || reply.Status != step.status || string(reply.Body) != step.want+"\n" {
			t.Errorf("%s %s: %d %s %v, want %d %s", step.method, step.target, reply.Status, reply.Body, err, step.status, step.want)
		}
		if got := reply.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%s %s: Content-Type %q", step.method, step.target, got)
		}
	}
}

// TestRooms shows that each room has a number of its own.
func TestRooms(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	for i, room := range []string{"a", "b", "a"} {
		want := []string{`{"value":1}`, `{"value":1}`, `{"value":2}`}[i] + "\n"
		if reply, err := rooms.Call(room, http.MethodPost, "/increment"); err != nil || string(reply.Body) != want {
			t.Errorf("call %d, on %s: %s %v, want %s", i, room, reply.Body, err, want)
		}
	}
}
