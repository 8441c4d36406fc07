package pebblestore

import "github.com/parlor-sse/parlor/persistence"

// plan says what the writes of one batch come to, room by room, so that what a
// later write undoes or overwrites need not be stored first.
type plan struct {
	// newest holds every room written to, and the seq of the newest record that
	// the batch gives it: 0 if it gives it none.
	newest map[persistence.RoomKey]uint64
	// begins holds the rooms that a copy replaces or whose copy ends, and the
	// index of the last such write: it undoes all writes to the room before it.
	begins map[persistence.RoomKey]int
}

// maxKeptRooms bounds the maps that are kept from batch to batch.
const maxKeptRooms = 4096

func newPlan() plan {
	return plan{
		newest: make(map[persistence.RoomKey]uint64),
		begins: make(map[persistence.RoomKey]int),
	}
}

// make fills the plan, which is empty, from the writes.
func (p *plan) make(writes []persistence.Write) {
	for i := range writes {
		switch w := &writes[i]; {
		case w.Record.Seq != 0:
			p.newest[w.Room] = w.Record.Seq
		case w.Copy != nil:
			p.newest[w.Room] = w.Copy.Last.Seq
			p.begins[w.Room] = i
		case w.Forget:
			p.newest[w.Room] = 0
			p.begins[w.Room] = i
		default:
			// A fence leaves the newest record as it is.
			if _, ok := p.newest[w.Room]; !ok {
				p.newest[w.Room] = 0
			}
		}
	}
}

// undone reports whether write i, which is to room, is undone by a later one.
func (p *plan) undone(i int, room persistence.RoomKey) bool {
	if len(p.begins) == 0 {
		return false
	}
	begin, ok := p.begins[room]
	return ok && i < begin
}

// clear empties the plan.
func (p *plan) clear() {
	if len(p.newest) > maxKeptRooms {
		// Clearing walks the whole map, however few rooms the next batch has.
		*p = newPlan()
		return
	}
	clear(p.newest)
	clear(p.begins)
}
