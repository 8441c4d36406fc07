package checker

import (
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/persistence"
)

// claimFrames enters what streams were shown.
func (j *judge) claimFrames() {
	for i := range j.h.Frames {
		if f := &j.h.Frames[i]; f.Kind == history.Message {
			j.claimDelivered(f.Room, f.ID, claim{
				uuid: f.UUID, sha: f.SHA, time: f.Time, by: frame, conn: f.Conn, node: j.streams[f.Conn].node(),
			})
		}
	}
}

// claimDelivered enters that a message reached somebody outside, and returns its
// place, if it is one that may.
func (j *judge) claimDelivered(room, id string, c claim) (at persistence.Position, ok bool) {
	if c.id, ok = history.Position(id); !ok || c.id.Seq == 0 {
		j.report(I3, room, c.time, "%s was given a message with the id %q", c.where(), id)
		return c.id, false
	}
	if !j.published(room, &c) {
		return c.id, false
	}
	if other, ok := j.ids[c.uuid]; ok && other != c.id {
		j.report(I2, room, c.time, "message %s is delivered as %v and as %v", c.uuid, other, c.id)
		return c.id, false
	}
	j.ids[c.uuid] = c.id
	if o := j.operations[c.uuid]; o.hasID && o.id != c.id {
		j.report(I2, room, c.time, "message %s was acknowledged as %v and is delivered as %v", c.uuid, o.id, c.id)
		return c.id, false
	}
	j.claim(j.room(room), c)
	return c.id, true
}

// published reports whether what is delivered is a message that was published
// there, and that was not refused.
func (j *judge) published(room string, c *claim) bool {
	o := j.operations[c.uuid]
	switch {
	case o == nil:
		j.report(I5, room, c.time, "%s was given %v with message %q, which nobody published", c.where(), c.id, c.uuid)
	case o.room != room:
		j.report(I5, room, c.time, "message %s was published to room %s", c.uuid, o.room)
	case !o.possible:
		j.report(I5, room, c.time, "message %s is delivered, though each attempt at it was refused", c.uuid)
	case c.time < o.call:
		j.report(I5, room, c.time, "message %s is delivered before it was published", c.uuid)
	case o.sha != "" && c.sha != o.sha:
		j.report(I5, room, c.time, "message %s is not delivered as it was published", c.uuid)
	default:
		return true
	}
	return false
}
