package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/parlor-sse/parlor/actors/sse"
)

// greeting is the data of the event that opens a stream.
const greeting = "Connected to SSE stream"

// outputError reports that events can't be printed any more.
type outputError struct{ err error }

func (e outputError) Error() string { return "standard output: " + e.err.Error() }
func (e outputError) Unwrap() error { return e.err }

// tailView shows events and watches over their order.
type tailView struct {
	options tailOptions
	out     io.Writer // events
	notes   io.Writer // complaints
	order   tailOrder

	printed  int // messages
	problems int
}

func newTailView(o tailOptions, out, notes io.Writer) *tailView {
	return &tailView{options: o, out: out, notes: notes, order: newTailOrder()}
}

// connected begins a connection that was asked to go on after lastID.
func (v *tailView) connected(lastID string) {
	v.order.reconnect()
	if len(v.options.rooms) == 1 {
		v.order.expectAfter(v.options.rooms[0], lastID)
	}
}

// bookmark notes an id that came without an event. With several rooms it
// stands for a place in each, in a form that only servers read.
func (v *tailView) bookmark(id string) {
	if len(v.options.rooms) == 1 {
		v.complain(v.order.bookmark(v.options.rooms[0], id))
	}
	v.order.mark()
}

// verdict says whether everything that was seen was in order.
func (v *tailView) verdict() error {
	if v.problems > 0 {
		return fmt.Errorf("the order of messages was violated, times: %d", v.problems)
	}
	return nil
}

// shown is an event as it is printed. It is JSON as --json prints it.
type shown struct {
	Room  string          `json:"room,omitempty"`
	ID    string          `json:"id,omitempty"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// event checks and prints one event. The error is errEnough after the last
// one asked for, or an outputError.
func (v *tailView) event(e sse.Event) error {
	s := v.unwrap(e)
	err := v.show(s)
	if e.ID != "" {
		v.order.mark()
	}
	return err
}

func (v *tailView) show(s shown) error {
	switch s.Event {
	case "heartbeat":
		return nil
	case "update":
		if !v.options.updates {
			return nil
		}
	case "message":
		if s.ID == "" && string(s.Data) == `"`+greeting+`"` {
			return nil
		}
	case "gap", "reset":
		return v.interruption(s)
	}
	if !sse.Reserved(s.Event) {
		seen, problem := v.order.message(s.Room, s.ID)
		v.complain(problem)
		if seen {
			return nil
		}
		// Plain events without an id may be updates, which have no name there.
		if s.ID != "" || v.options.format != "plain" {
			v.printed++
		}
	}
	if err := v.print(s, v.line(s)); err != nil {
		return err
	}
	if v.options.count > 0 && v.printed >= v.options.count {
		return errEnough
	}
	return nil
}

// unwrap finds an event's room and id, which in the tagged format are in its
// data.
func (v *tailView) unwrap(e sse.Event) shown {
	s := shown{ID: e.ID, Event: e.Name, Data: asJSON(e.Data)}
	if s.Event == "" {
		s.Event = "message"
	}
	if !v.options.tagged() {
		s.Room = v.options.rooms[0]
		return s
	}
	var tag struct {
		Room string          `json:"room"`
		ID   string          `json:"id"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(e.Data, &tag) == nil && tag.Room != "" {
		s.Room = tag.Room
		if len(tag.Data) > 0 {
			s.ID, s.Data = tag.ID, tag.Data
		}
	}
	return s
}

// asJSON returns data if it is JSON, else a JSON string of it. The decoder
// reuses data, the result lasts.
func asJSON(data []byte) json.RawMessage {
	if json.Valid(data) {
		return bytes.Clone(data)
	}
	text, _ := json.Marshal(string(data)) // a string can't fail to encode
	return text
}

// interruption shows that messages are missing and that the server says so.
func (v *tailView) interruption(s shown) error {
	var said struct {
		From   string  `json:"from"`
		To     string  `json:"to"`
		ID     string  `json:"id"`
		Lost   *uint64 `json:"lost"`
		Reason string  `json:"reason"`
	}
	// Whatever is not understood of it stays empty.
	_ = json.Unmarshal(s.Data, &said)
	if s.Event == "reset" {
		v.order.reset(s.Room)
		return v.print(s, fmt.Sprintf("!!! reset: room %s can't go on from where we were (%s), its newest message is %s", s.Room, said.Reason, said.ID))
	}
	v.order.gap(s.Room, said.Lost)
	lost := "some"
	if said.Lost != nil {
		lost = fmt.Sprint(*said.Lost)
	}
	return v.print(s, fmt.Sprintf("!!! gap: %s messages of room %s are lost, from %s to %s (%s)", lost, s.Room, said.From, said.To, said.Reason))
}

// line returns an event in the form for people.
func (v *tailView) line(s shown) string {
	fields := make([]string, 0, 4)
	if v.options.tagged() {
		fields = append(fields, orDash(s.Room))
	}
	data := string(s.Data)
	var text string
	if json.Unmarshal(s.Data, &text) == nil {
		data = text
	}
	return strings.Join(append(fields, orDash(s.ID), s.Event, data), " ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// print prints an event as JSON or as the line given.
func (v *tailView) print(s shown, line string) error {
	if line = printable(line); v.options.json {
		line = jsonLine(s)
	}
	if _, err := fmt.Fprintln(v.out, line); err != nil {
		return outputError{err}
	}
	return nil
}

func (v *tailView) complain(problem string) {
	if problem == "" {
		return
	}
	v.problems++
	fmt.Fprintf(v.notes, "parlor tail: !!! %s\n", printable(problem))
}
