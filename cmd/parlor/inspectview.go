package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/parlor-sse/parlor/persistence"
)

// storeSummary describes a store. It is JSON as --json prints it.
type storeSummary struct {
	Directory string   `json:"directory"`
	Format    int      `json:"format"`
	Life      uint64   `json:"life"`
	PastLives []uint64 `json:"pastLives"`
	Clean     bool     `json:"clean"`
	Rooms     int      `json:"rooms"`
	Messages  int      `json:"messages"`
	Bytes     int      `json:"bytes"` // of messages
	Items     uint64   `json:"items"`
	ItemBytes uint64   `json:"itemBytes"` // of keys and values
	Damaged   int      `json:"damaged"`
}

func (s *storeSummary) add(line roomLine) {
	s.Rooms++
	s.Messages += line.Messages
	s.Bytes += line.Bytes
	s.Items += line.Items
	s.ItemBytes += line.ItemBytes
	if line.Damaged {
		s.Damaged++
	}
}

// roomDetail describes one room in full.
type roomDetail struct {
	Kind     string `json:"kind"`
	Room     string `json:"room"`
	ObjectID string `json:"objectId"`
	ID       string `json:"id"`
	storedDetail
	Epochs   []uint64        `json:"epochs"`
	Keys     int             `json:"idempotencyKeys"`
	Fence    *fenceDetail    `json:"fence"`            // null for a room without one
	Outbox   *outboxDetail   `json:"outbox,omitempty"` // only if there is one
	Messages []messageDetail `json:"messages"`
	Stored   []itemDetail    `json:"storedItems,omitempty"` // only if asked for
}

type messageDetail struct {
	ID    string          `json:"id"`
	Time  string          `json:"time"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// inspectView prints for people or, line by line, JSON. Errors of out come up
// when it is flushed.
type inspectView struct {
	out   io.Writer
	json  bool
	items bool // the keys of what a room stores
}

func (v inspectView) line(l roomLine) {
	if v.json {
		v.encode(l)
		return
	}
	state := "ok"
	if l.Damaged {
		state = "damaged"
	}
	v.printf("%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n",
		l.Kind, l.Room, l.ID, l.Messages, l.Bytes, l.Items, l.ItemBytes, state)
}

func (v inspectView) summary(s storeSummary) {
	if v.json {
		v.encode(s)
		return
	}
	end := "cleanly"
	if !s.Clean {
		end = "not cleanly, so the next start begins a new life"
	}
	v.printf("directory  %s\nformat     %d\nlife       %d, after %d others\nended      %s\n"+
		"rooms      %d\nmessages   %d, %d bytes\nitems      %d, %d bytes\ndamaged    %d\n",
		s.Directory, s.Format, s.Life, len(s.PastLives), end, s.Rooms, s.Messages, s.Bytes, s.Items, s.ItemBytes, s.Damaged)
}

func (v inspectView) room(key persistence.RoomKey, state *persistence.State) {
	d := newRoomDetail(key, state)
	if v.items {
		d.Stored = itemDetails(state.Storage)
	}
	if v.json {
		v.encode(d)
		return
	}
	v.printf("room       %s\nkind       %s\nobject id  %s\nnewest     %s\nepochs     %s\nturns      %d\nalarm      %s\n",
		d.Room, d.Kind, d.ObjectID, d.ID, strings.Trim(fmt.Sprint(d.Epochs), "[]"), d.Turn, d.Alarm.String())
	v.printf("keys       %d\nfence      %s\nitems      %d, %d bytes\n", d.Keys, d.Fence.String(), d.Items, d.ItemBytes)
	if d.Outbox != nil {
		v.printf("outbox     %s\n", d.Outbox.String())
	}
	for _, it := range d.Stored {
		v.printf("%s  %d bytes\n", itemName(it.Key), it.Bytes)
	}
	v.printf("messages   %d\n", len(d.Messages))
	for _, m := range d.Messages {
		v.printf("%s  %s  %s  %s\n", m.ID, m.Time, m.Event, m.Data)
	}
}

func newRoomDetail(key persistence.RoomKey, state *persistence.State) roomDetail {
	d := roomDetail{
		Kind: key.Kind, Room: key.Name, ObjectID: key.ObjectID(), ID: state.Last.String(), storedDetail: newStoredDetail(&state.Head),
		Epochs: []uint64{}, Keys: len(state.Keys), Fence: newFenceDetail(state.Fence),
		Outbox: newOutboxDetail(state.Storage), Messages: []messageDetail{},
	}
	for _, span := range state.Lineage {
		d.Epochs = append(d.Epochs, span.Epoch)
	}
	for _, r := range state.History {
		d.Messages = append(d.Messages, messageDetail{r.Position.String(), timeText(r.Time), r.Event, asJSON(r.Data)})
	}
	return d
}

func (v inspectView) encode(value any) { _, _ = fmt.Fprintln(v.out, jsonLine(value)) }

// printf prints with every text among args made safe: rooms hold what anybody
// published.
func (v inspectView) printf(format string, args ...any) {
	for i, arg := range args {
		switch text := arg.(type) {
		case string:
			args[i] = printable(text)
		case json.RawMessage:
			args[i] = printable(string(text))
		}
	}
	_, _ = fmt.Fprintf(v.out, format, args...)
}
