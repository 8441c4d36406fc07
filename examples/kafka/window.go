package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors"
)

const (
	windowEvents = 10               // after so many events they are summed up
	windowTime   = 30 * time.Second // or so long after the first of them
	sampleEvents = 5                // the newest events, that a summary shows
)

// event is one event as it was consumed.
type event struct {
	record *kgo.Record // where it is from
	value  float64     // that it counts as
}

// window gathers events until they are summed up. It is for one goroutine at a
// time; the zero window is empty.
type window struct {
	events []event   // at most windowEvents
	opened time.Time // when the first of them came
}

// add takes an event, and reports whether the window is full.
func (w *window) add(e event, now time.Time) bool {
	if len(w.events) == 0 {
		w.opened = now
	}
	w.events = append(w.events, e)
	return len(w.events) >= windowEvents
}

// deadline returns when the window is to be closed, or false while it is empty.
func (w *window) deadline() (time.Time, bool) {
	return w.opened.Add(windowTime), len(w.events) > 0
}

// forget drops the events of partitions that somebody else consumes from now on.
func (w *window) forget(partitions []int32) {
	var kept []event
	for _, e := range w.events {
		if !slices.Contains(partitions, e.record.Partition) {
			kept = append(kept, e)
		}
	}
	w.events = kept
}

// valueOf returns the number that an event counts as: payload.times, or value, or
// 0; as in JavaScript a 0 counts for nothing.
func valueOf(data []byte) float64 {
	var e struct {
		Payload json.RawMessage `json:"payload"`
		Value   json.RawMessage `json:"value"`
	}
	_ = json.Unmarshal(data, &e) // whatever else it is has no number
	var payload struct {
		Times json.RawMessage `json:"times"`
	}
	_ = json.Unmarshal(e.Payload, &payload)
	for _, text := range []json.RawMessage{payload.Times, e.Value} {
		var n float64
		if json.Unmarshal(text, &n) == nil && n != 0 {
			return n
		}
	}
	return 0
}

// summary is what the summary topic gets.
type summary struct {
	ID         string            `json:"id"`
	Timestamp  string            `json:"timestamp"`
	Period     period            `json:"aggregationPeriod"`
	Statistics statistics        `json:"statistics"`
	Sample     []json.RawMessage `json:"eventSample"`
}

type period struct {
	Start    string `json:"start"`
	End      string `json:"end"`
	Duration int64  `json:"durationMs"`
}

type statistics struct {
	Total   int     `json:"totalEvents"`
	Sum     float64 `json:"sumOfValues"`
	Average float64 `json:"averageValue"`
	Min     float64 `json:"minValue"`
	Max     float64 `json:"maxValue"`
}

// sum returns the summary of a window that is not empty.
func (w *window) sum(now time.Time) summary {
	s := w.statistics()
	out := summary{
		ID: fmt.Sprintf("summary-%d", now.UnixMilli()), Timestamp: actors.Timestamp(now), Statistics: s,
		Period: period{
			Start: actors.Timestamp(w.opened), End: actors.Timestamp(now), Duration: now.Sub(w.opened).Milliseconds(),
		},
	}
	for _, e := range w.events[max(0, len(w.events)-sampleEvents):] {
		out.Sample = append(out.Sample, e.record.Value)
	}
	return out
}

// statistics are of a window that is not empty.
func (w *window) statistics() statistics {
	s := statistics{Total: len(w.events), Min: w.events[0].value, Max: w.events[0].value}
	for _, e := range w.events {
		s.Sum += e.value
		s.Min, s.Max = min(s.Min, e.value), max(s.Max, e.value)
	}
	s.Average = s.Sum / float64(s.Total)
	return s
}

// current is the window as GET /kafka/status shows it.
type current struct {
	Buffer int          `json:"currentBuffer"`
	Stats  currentStats `json:"stats"`
}

type currentStats struct {
	Total int      `json:"totalEvents"`
	Sum   float64  `json:"sumOfValues"`
	Min   *float64 `json:"minValue"`
	Max   *float64 `json:"maxValue"`
	Last  *string  `json:"lastEventTime"`
	First *string  `json:"firstEventTime"`
}

// current describes the window, which may be empty: then there is no least, no
// greatest, and no time.
func (w *window) current() current {
	if len(w.events) == 0 {
		return current{}
	}
	s := w.statistics()
	first, last := actors.Timestamp(w.events[0].record.Timestamp), actors.Timestamp(w.events[len(w.events)-1].record.Timestamp)
	return current{Buffer: s.Total, Stats: currentStats{
		Total: s.Total, Sum: s.Sum, Min: &s.Min, Max: &s.Max, First: &first, Last: &last,
	}}
}
