package main

import (
	"encoding/json"
	"testing"
	"time"
)

var moment = time.Date(2026, 1, 2, 16, 4, 5, 67_000_000, time.FixedZone("", 3600))

func TestDraw(t *testing.T) {
	var seen [mostNumber + 1]bool
	for range 100 * mostNumber { // that one is never drawn has a chance of 1 in 10^40
		n := draw("test1", moment)
		if n.Number < leastNumber || n.Number > mostNumber || n.Timestamp != "2026-01-02T15:04:05.067Z" || n.ID != "test1" {
			t.Fatalf("drew %+v", n)
		}
		seen[n.Number] = true
	}
	for n := leastNumber; n <= mostNumber; n++ {
		if !seen[n] {
			t.Errorf("%d is never drawn", n)
		}
	}
}

func TestNumberAsJSON(t *testing.T) {
	b, err := json.Marshal(number{Number: 451, Timestamp: stamp(moment), ID: "test1"})
	if want := `{"number":451,"timestamp":"2026-01-02T15:04:05.067Z","id":"test1"}`; err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
}

func TestGreeting(t *testing.T) {
	for _, c := range []struct{ id, quoted string }{
		{"test1", `"test1"`},
		{`a"b\c`, `"a\"b\\c"`},
		{"a\r\nb\x00", `"a\r\nb\u0000"`},
		{"<a&b> ä漢", `"<a&b> ä漢"`},
	} {
		want := `data: {"type": "connected", "streamId": ` + c.quoted + `, "timestamp": "2026-01-02T15:04:05.067Z"}` + "\n\n"
		if got := greeting(c.id, moment); string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
