package actors_test

import (
	"errors"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// TestHeldAnswerIsLost ends in several ways what holds an answer back. Who asked at
// another node, with a key or without, is told then, and not when patience ends.
func TestHeldAnswerIsLost(t *testing.T) {
	t.Parallel()
	const patience = time.Minute
	for name, end := range map[string]func(h *holder, f *kindFleet, room string){
		"too long": func(*holder, *kindFleet, string) {},
		"activation ends": func(h *holder, f *kindFleet, room string) {
			if err := h.turn(f.nodes["n2"], room, func(*actors.Context) error { panic("no") }); !errors.Is(err, actors.ErrFailed) {
				t.Errorf("the call that panics: %v", err)
			}
		},
		"owner dies": func(_ *holder, f *kindFleet, _ string) { f.kill("n2") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHolder()
			k := kind(h)
			if name == "too long" {
				k.Limit = time.Second
			}
			f := &kindFleet{kind: k, fleet: newFleetOf(t, all(with(k), idle(100*time.Millisecond)), "n1", "n2", "n3")}
			room := f.roomOf("n2")
			told := make(chan error)
			for _, key := range []string{"", "k"} {
				go func() {
					call := post(room, "/hold")
					call.Key = key
					_, err := f.nodes["n1"].Call(within(t, patience), call)
					told <- err
				}()
			}
			h.held(f.nodes["n3"], room, 2)
			held := time.Now()
			end(h, f, room)
			for range 2 {
				if err := <-told; !errors.Is(err, actors.ErrUnknownOutcome) || time.Since(held) > patience/2 {
					t.Errorf("told %v after %v", err, time.Since(held))
				}
			}
			h.held(f.nodes["n3"], room, 2) // no call was made again
		})
	}
}
