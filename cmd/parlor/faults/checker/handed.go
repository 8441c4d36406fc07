package checker

import "github.com/parlor-sse/parlor/cmd/parlor/faults/history"

// claimHanded enters what the broker was given, and wants each room's messages
// there from the first on, in their order. Any of them may come again: they are
// handed over at least once.
func (j *judge) claimHanded() {
	for i := range j.h.Handed {
		d := &j.h.Handed[i]
		j.result.Tally.Handed++
		id, ok := j.claimDelivered(d.Room, d.ID, claim{uuid: d.UUID, sha: d.SHA, time: d.Time, by: handed})
		if !ok {
			continue
		}
		r := j.room(d.Room)
		switch {
		case id.Seq <= r.handed:
			j.result.Tally.Repeated++
			continue
		case id.Seq > r.handed+1:
			j.report(I14, d.Room, d.Time, "the broker was given %v next to %d", id, r.handed)
		}
		r.handed = id.Seq
	}
}

// checkHanded wants the broker to have been given everything in the end.
func (j *judge) checkHanded() {
	ended, ok := j.h.At(history.Ended)
	if !ok || !j.h.Run.Broker {
		return
	}
	for _, name := range j.roomNames() {
		if r := j.rooms[name]; r.handed < r.acked.at(ended) {
			j.report(I14, name, ended, "the broker was given messages up to %d, the room is at %d", r.handed, r.acked.at(ended))
		}
	}
}
