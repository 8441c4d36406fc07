package pebblestore

import "github.com/parlor-sse/parlor/persistence"

// plan says what the writes of one batch come to, room by room, so that what a
// later write undoes or overwrites need not be stored first.
type plan struct {
	// rooms holds every room written to.
	rooms map[persistence.RoomKey]roomPlan
	// begins holds the rooms that a copy replaces or whose copy ends, and the
	// index of the last such write: it undoes all writes to the room before it.
	begins map[persistence.RoomKey]int
	// clears holds the rooms whose storage is cleared, be it by a write that
	// begins holds, and the index of the last such write: it undoes what those
	// before it stored.
	clears map[persistence.RoomKey]int
	// alarms holds the rooms whose alarm the batch may change.
	alarms map[persistence.RoomKey]struct{}
}

// roomPlan is what the writes of one batch to one room come to.
type roomPlan struct {
	head   int    // index of the last write that says what the room's head is; noHead for none
	newest uint64 // seq of the newest record in that head
}

// noHead stands for the write that changes a head in a batch without one.
const noHead = -1

// maxKeptRooms bounds the maps that are kept from batch to batch.
const maxKeptRooms = 4096

func newPlan() plan {
	return plan{
		rooms:  make(map[persistence.RoomKey]roomPlan),
		begins: make(map[persistence.RoomKey]int),
		clears: make(map[persistence.RoomKey]int),
		alarms: make(map[persistence.RoomKey]struct{}),
	}
}

// make fills the plan, which is empty, from the writes.
func (p *plan) make(writes []persistence.Write) {
	for i := range writes {
		switch w := &writes[i]; {
		case w.Turn != nil:
			p.rooms[w.Room] = roomPlan{i, w.Head.Last.Seq}
			if w.Turn.Change != nil {
				p.change(i, w.Room, w.Turn.Change)
			}
		case w.Copy != nil:
			p.begin(i, w.Room, w.Copy.Last.Seq)
		case w.Forget:
			p.begin(i, w.Room, 0)
		default:
			// A fence leaves the head as it is.
			if _, ok := p.rooms[w.Room]; !ok {
				p.rooms[w.Room] = roomPlan{head: noHead}
			}
		}
	}
}

// begin notes that write i leaves nothing of what was there.
func (p *plan) begin(i int, room persistence.RoomKey, newest uint64) {
	p.rooms[room] = roomPlan{i, newest}
	p.begins[room] = i
	p.clears[room] = i
	p.alarms[room] = struct{}{}
}

// change notes what a turn, write i, does to storage and alarm.
func (p *plan) change(i int, room persistence.RoomKey, c *persistence.Change) {
	if c.Clear {
		p.clears[room] = i
	}
	if c.Alarm != nil {
		p.alarms[room] = struct{}{}
	}
}

// undone reports whether write i, which is to room, is undone by a later one.
func (p *plan) undone(i int, room persistence.RoomKey) bool { return isBefore(i, p.begins, room) }

// cleared reports whether what write i, which is to room, stores is undone by a
// later one.
func (p *plan) cleared(i int, room persistence.RoomKey) bool { return isBefore(i, p.clears, room) }

func isBefore(i int, marks map[persistence.RoomKey]int, room persistence.RoomKey) bool {
	if len(marks) == 0 {
		return false
	}
	mark, ok := marks[room]
	return ok && i < mark
}

// setsAlarm reports whether write i, which is to room, is where its alarm is put
// in its place: the last one that says what it is, if any may have changed it.
func (p *plan) setsAlarm(i int, room persistence.RoomKey) bool {
	if len(p.alarms) == 0 {
		return false
	}
	_, ok := p.alarms[room]
	return ok && p.rooms[room].head == i
}

// clear empties the plan.
func (p *plan) clear() {
	if len(p.rooms) > maxKeptRooms {
		// Clearing walks the whole map, however few rooms the next batch has.
		*p = newPlan()
		return
	}
	clear(p.rooms)
	clear(p.begins)
	clear(p.clears)
	clear(p.alarms)
}
