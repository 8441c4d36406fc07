package main

import (
	"encoding/json"
	"testing"
	"time"
)

// TestStateAsJSON wants times to have three digits of milliseconds, whichever they
// are, and to be read as they were written.
func TestStateAsJSON(t *testing.T) {
	at := func(ms int64) instant { return instant{time.UnixMilli(ms).UTC()} }
	for want, s := range map[string]State{
		`{"remaining":0,"fired":0}`:                                                                         {},
		`{"deadline":"2026-01-02T15:04:05.000Z","remaining":1.5,"fired":0}`:                                 {Deadline: at(1767366245000), Remaining: 1.5},
		`{"deadline":"2026-01-02T15:04:05.580Z","remaining":0,"fired":1,"last":"2026-01-02T15:04:05.500Z"}`: {Deadline: at(1767366245580), Fired: 1, Last: at(1767366245500)},
	} {
		got, err := json.Marshal(s)
		if err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
		var back State
		if err := json.Unmarshal(got, &back); err != nil || back != s {
			t.Errorf("%s is read as %+v, %v", got, back, err)
		}
	}
}
