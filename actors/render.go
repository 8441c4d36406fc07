package actors

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/persistence"
)

// entry is a message at a front: the record, and what it was rendered to. Each
// framing is rendered once a node, when its first reader needs it.
type entry struct {
	outlet *outlet
	record persistence.Record
	frames [Tagged + 1][]byte
}

// frame returns the message's bytes on a stream of that framing. The caller
// holds the outlet's lock.
func (e *entry) frame(f Framing) []byte {
	if e.frames[f] == nil {
		e.frames[f] = e.render(f)
	}
	return e.frames[f]
}

func (e *entry) render(f Framing) []byte {
	ev := sse.Event{Name: e.record.Event, Data: e.record.Data}
	switch f {
	case Named:
		ev.ID = e.record.Position.String()
	case Plain:
		ev.ID, ev.Name = e.record.Position.String(), ""
	case Tagged:
		ev.Data = tag(e.outlet.key.Name, e.record.Position.String(), e.record.Data)
	}
	return sse.AppendEvent(make([]byte, 0, len(ev.Data)+96), ev)
}

// tag wraps data with the room's name and the message's id, if it has one.
func tag(room, id string, data []byte) []byte {
	out := make([]byte, 0, len(data)+len(room)+len(id)+32)
	out = append(out, `{"room":`...)
	out = strconv.AppendQuote(out, room) // the letters of names need no escapes
	if id != "" {
		out = append(out, `,"id":`...)
		out = strconv.AppendQuote(out, id)
	}
	out = append(out, `,"data":`...)
	out = append(out, data...)
	return append(out, '}')
}

// renderAside returns the frame of something that has no place in a room's order.
func renderAside(f Framing, room, event string, data []byte) []byte {
	if f == Tagged {
		data = tag(room, "", data)
	}
	if f == Plain {
		event = ""
	}
	return sse.AppendEvent(nil, sse.Event{Name: event, Data: data})
}

// appendGreeting appends what every stream begins with. Readers of the plain
// framing parse every message, so their greeting is a comment.
func appendGreeting(dst []byte, f Framing) []byte {
	if f == Plain {
		dst = sse.AppendEvent(dst, sse.Event{Retry: jitter()})
		return sse.AppendComment(dst, "Connected to SSE stream")
	}
	return sse.AppendEvent(dst, sse.Event{Retry: jitter(), Data: []byte("Connected to SSE stream")})
}

// jitter returns a reconnection time, spread so that streams that end together
// do not come back together.
func jitter() time.Duration {
	return time.Second + time.Duration(rand.Int64N(4001))*time.Millisecond
}

// gapData is the data of event gap.
type gapData struct {
	Room   string `json:"room"`
	From   string `json:"from"`
	To     string `json:"to"`
	Lost   uint64 `json:"lost"`
	Reason string `json:"reason"`
}

// resetData is the data of event reset.
type resetData struct {
	Room   string `json:"room"`
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// appendGap appends event gap. Its id is the last message lost, so that a client
// that comes back right after it is not told of the same loss again; the tagged
// framing says positions in its bookmarks.
func appendGap(dst []byte, f Framing, room string, from, to persistence.Position, reason string) []byte {
	data := mustJSON(gapData{
		Room: room, From: from.String(), To: to.String(), Lost: to.Seq - from.Seq + 1, Reason: reason,
	})
	ev := sse.Event{Name: "gap", ID: to.String(), Data: data}
	if f == Tagged {
		ev.ID = ""
	}
	return sse.AppendEvent(dst, ev)
}

func appendReset(dst []byte, room string, newest persistence.Position, reason string) []byte {
	data := mustJSON(resetData{Room: room, ID: newest.String(), Reason: reason})
	return sse.AppendEvent(dst, sse.Event{Name: "reset", Data: data})
}

// appendUnavailable appends event unavailable, the last of a stream whose room
// cannot be reached, and when to come back.
func appendUnavailable(dst []byte, room string) []byte {
	data := mustJSON(struct {
		Room string `json:"room"`
	}{room})
	return sse.AppendEvent(dst, sse.Event{Name: "unavailable", Data: data, Retry: jitter()})
}

func appendBookmark(dst []byte, id string) []byte {
	return sse.AppendEvent(dst, sse.Event{ID: id})
}

// mustJSON marshals a struct of strings and numbers, which cannot fail.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
