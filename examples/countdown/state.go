package main

import (
	"encoding/json"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// State is what a room knows, as it is stored, answered, and told with events.
type State struct {
	Deadline  instant `json:"deadline,omitzero"` // of the countdown that runs; zero for none
	Remaining float64 `json:"remaining"`         // seconds to the deadline; 0 for none
	Fired     int     `json:"fired"`             // countdowns that came to their end
	Last      instant `json:"last,omitzero"`     // deadline of the newest of those
}

// instant is a time in whole milliseconds, which in JSON are three digits always.
type instant struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (i instant) MarshalJSON() ([]byte, error) { return json.Marshal(actors.Timestamp(i.Time)) }

// load returns what the room has stored, as of now.
func load(ctx *actors.Context) (State, error) {
	var s State
	_, err := ctx.Storage().GetJSON("state", &s)
	if !s.Deadline.IsZero() {
		s.Remaining = max(0, time.Until(s.Deadline.Time).Seconds())
	}
	return s, err
}

// save stores the state and tells listeners why it has changed.
func (s *State) save(ctx *actors.Context, event string) error {
	if err := ctx.Storage().PutJSON("state", s); err != nil {
		return err
	}
	return ctx.Broadcast(event, s)
}

// start begins a countdown, in place of one that runs.
func (s *State) start(ctx *actors.Context, length time.Duration) error {
	// Alarms are kept in milliseconds.
	s.Deadline, s.Remaining = instant{time.Now().Add(length).UTC().Truncate(time.Millisecond)}, length.Seconds()
	if err := ctx.Storage().SetAlarm(s.Deadline.Time); err != nil {
		return err
	}
	return s.save(ctx, "started")
}

// cancel gives up the countdown that runs, if any does.
func (s *State) cancel(ctx *actors.Context) error {
	if s.Deadline.IsZero() {
		return nil
	}
	s.Deadline, s.Remaining = instant{}, 0
	if err := ctx.Storage().DeleteAlarm(); err != nil {
		return err
	}
	return s.save(ctx, "cancelled")
}

// end notes that the countdown has come to its end.
func (s *State) end(ctx *actors.Context) error {
	s.Fired++
	s.Last, s.Deadline, s.Remaining = s.Deadline, instant{}, 0
	return s.save(ctx, "done")
}
