package main

import (
	"fmt"
	"maps"

	"github.com/parlor-sse/parlor/persistence"
)

// tailOrder checks that each room's ids rise by one. Ids that are not of the
// form epoch-seq, such as other servers', are not checked.
type tailOrder struct {
	rooms map[string]place
	// marked is how rooms was at the newest id that a server would be asked to
	// go on from. What came after it comes again on the next connection.
	marked map[string]place
	// printed holds the newest message printed of each room.
	printed map[string]persistence.Position
}

// place is where a stream is in a room.
type place struct {
	last persistence.Position // the newest message
	lost uint64               // messages after it that are announced to be lost
}

func newTailOrder() tailOrder {
	return tailOrder{
		rooms:   make(map[string]place),
		marked:  make(map[string]place),
		printed: make(map[string]persistence.Position),
	}
}

// mark notes that the next connection will go on from here.
func (o *tailOrder) mark() { o.marked = maps.Clone(o.rooms) }

// reconnect goes back to the last mark.
func (o *tailOrder) reconnect() { o.rooms = maps.Clone(o.marked) }

// expectAfter sets a room's place to an id, unless the room has one already.
func (o *tailOrder) expectAfter(room, id string) {
	if _, known := o.rooms[room]; known {
		return
	}
	if at, err := persistence.ParsePosition(id); err == nil {
		o.rooms[room] = place{last: at}
	}
}

// message notes a message. It reports whether the message was printed before,
// and what is wrong with its place, or "".
func (o *tailOrder) message(room, id string) (seen bool, problem string) {
	at, err := persistence.ParsePosition(id)
	if err != nil {
		return false, ""
	}
	before, known := o.rooms[room]
	if known && at.Seq <= before.last.Seq {
		return false, fmt.Sprintf("room %s: message %s came after %s, again or out of order", room, at, before.last)
	}
	o.rooms[room] = place{last: at}
	if shown, ok := o.printed[room]; ok && at.Seq <= shown.Seq && at.Epoch <= shown.Epoch {
		return true, o.follows(room, before, known, at)
	}
	o.printed[room] = at
	return false, o.follows(room, before, known, at)
}

// follows says what is wrong with a message's id after the place before it.
func (o *tailOrder) follows(room string, before place, known bool, at persistence.Position) string {
	want := before.last.Seq + before.lost + 1
	switch {
	case !known:
		return ""
	case at.Epoch < before.last.Epoch:
		return fmt.Sprintf("room %s: message %s came after %s, though epochs never fall", room, at, before.last)
	case at.Seq != want && before.lost > 0:
		return fmt.Sprintf("room %s: message %s came after %s and a gap of %d, where number %d was due", room, at, before.last, before.lost, want)
	case at.Seq != want:
		return fmt.Sprintf("room %s: message %s came after %s, %d are missing and no gap was announced", room, at, before.last, at.Seq-want)
	}
	return ""
}

// bookmark notes that the stream is at a message that did not come itself, and
// says what is wrong with that, or "".
func (o *tailOrder) bookmark(room, id string) string {
	at, err := persistence.ParsePosition(id)
	if err != nil {
		return ""
	}
	before, known := o.rooms[room]
	o.rooms[room] = place{last: at}
	if known && at.Seq != before.last.Seq+before.lost {
		return fmt.Sprintf("room %s: the stream went on from %s to %s without the messages in between", room, before.last, at)
	}
	return ""
}

// gap notes that messages are lost, and how many if that was said.
func (o *tailOrder) gap(room string, lost *uint64) {
	if p, known := o.rooms[room]; known && lost != nil {
		p.lost += *lost
		o.rooms[room] = p
		return
	}
	delete(o.rooms, room)
}

// reset notes that a room's ids start over.
func (o *tailOrder) reset(room string) {
	delete(o.rooms, room)
	delete(o.printed, room)
}
