package sse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

func TestAppendEvent(t *testing.T) {
	for _, tc := range []struct {
		name  string
		event sse.Event
		want  string
	}{
		{"broadcast", sse.Event{Name: "broadcast", ID: "7-42", Data: []byte(`{"a":1}`)},
			"id: 7-42\nevent: broadcast\ndata: {\"a\":1}\n\n"},
		{"greeting", sse.Event{Data: []byte("Connected to SSE stream"), Retry: 2500 * time.Millisecond},
			"retry: 2500\ndata: Connected to SSE stream\n\n"},
		{"all fields", sse.Event{Name: "n", ID: "i", Data: []byte("d"), Retry: time.Second},
			"retry: 1000\nid: i\nevent: n\ndata: d\n\n"},
		{"bookmark", sse.Event{ID: "7-42"}, "id: 7-42\n\n"},
		{"retry alone", sse.Event{Retry: time.Second}, "retry: 1000\n\n"},
		{"retry below a millisecond", sse.Event{Retry: time.Microsecond, Data: []byte("d")}, "data: d\n\n"},
		{"negative retry", sse.Event{Retry: -time.Second, Data: []byte("d")}, "data: d\n\n"},
		{"nothing", sse.Event{}, ""},
		{"empty data", sse.Event{Name: "n", Data: []byte{}}, "event: n\n\n"},
		{"line ends", sse.Event{Data: []byte("a\nb\rc\r\nd")}, "data: a\ndata: b\ndata: c\ndata: d\n\n"},
		{"empty lines", sse.Event{Data: []byte("\n\r\r\n")}, "data: \ndata: \ndata: \ndata: \n\n"},
		{"lf then cr", sse.Event{Data: []byte("a\n\rb")}, "data: a\ndata: \ndata: b\n\n"},
		{"injection by data", sse.Event{Data: []byte("x\n\nid: 9-9\ndata: y")},
			"data: x\ndata: \ndata: id: 9-9\ndata: data: y\n\n"},
		{"leading space and colon", sse.Event{Data: []byte(" :x")}, "data:  :x\n\n"},
		{"lf in name", sse.Event{Name: "a\ndata: x", Data: []byte("d")}, "data: d\n\n"},
		{"cr in id", sse.Event{ID: "1\r2", Data: []byte("d")}, "data: d\n\n"},
		{"nul in id", sse.Event{ID: "1\x002", Data: []byte("d")}, "data: d\n\n"},
		{"nul in name", sse.Event{Name: "a\x00", Data: []byte("d")}, "data: d\n\n"},
		{"a line of several windows", sse.Event{Data: []byte(strings.Repeat("x", 5000) + "\r" + strings.Repeat("y", 5000))},
			"data: " + strings.Repeat("x", 5000) + "\ndata: " + strings.Repeat("y", 5000) + "\n\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := string(sse.AppendEvent([]byte("before"), tc.event))
			if got != "before"+tc.want {
				t.Errorf("got %q, want %q", got, "before"+tc.want)
			}
		})
	}
}

func TestAppendComment(t *testing.T) {
	for text, want := range map[string]string{
		"heartbeat":       ":heartbeat\n\n",
		"":                ":\n\n",
		"a\nb":            ":a\n:b\n\n",
		"a\r\nb\rc":       ":a\n:b\n:c\n\n",
		"x\n\ndata: evil": ":x\n:\n:data: evil\n\n",
		"ends with cr\r":  ":ends with cr\n:\n\n",
	} {
		if got := string(sse.AppendComment([]byte("b"), text)); got != "b"+want {
			t.Errorf("%q: got %q, want %q", text, got, "b"+want)
		}
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"broadcast":             true,
		"A.z_0:9~@-":            true,
		strings.Repeat("n", 64): true,
		strings.Repeat("n", 65): false,
		"":                      false,
		"a b":                   false,
		"a\nb":                  false,
		"a\x00":                 false,
		"a/b":                   false,
		"é":                     false,
		"a,b":                   false,
	} {
		if got := sse.ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %v", name, got)
		}
	}
}

func TestReserved(t *testing.T) {
	for _, name := range []string{
		"gap", "reset", "unavailable", "update", "heartbeat",
		"token-expired", "token-expiring", "connected", "replaced", "presence",
	} {
		if !sse.Reserved(name) {
			t.Errorf("%q is not reserved", name)
		}
		if !sse.ValidName(name) {
			t.Errorf("%q is reserved but not valid", name)
		}
	}
	for _, name := range []string{"broadcast", "message", "", "Gap"} {
		if sse.Reserved(name) {
			t.Errorf("%q is reserved", name)
		}
	}
}
