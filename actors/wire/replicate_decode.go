package wire

import (
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// replicate reads a message between copies.
func (d *decoder) replicate(k kind) Message {
	var r Replicate
	switch k {
	case kindPrepare:
		r.Message = d.prepare(&r.Room)
	case kindPromise:
		r.Message = d.promise(&r.Room)
	case kindRefuse:
		r.Message = d.refuse(&r.Room)
	case kindFetch:
		r.Message = d.fetch(&r.Room)
	case kindFetched:
		r.Message = d.fetched(&r.Room)
	case kindSync:
		r.Message = d.sync(&r.Room)
	case kindAppend:
		r.Message = d.appended(&r.Room)
	case kindAck:
		r.Message = d.ack(&r.Room)
	case kindBehind:
		r.Message = d.behind(&r.Room)
	case kindCopied:
		r.Message = d.copied(&r.Room)
	case kindCheck:
		r.Message = d.check(&r.Room)
	case kindChecked:
		r.Message = d.checked(&r.Room)
	default:
		return nil
	}
	d.wantRoom(r.Room)
	return r
}

// claimed reads one of the fields that the messages under a claim begin with,
// or passes over one that none of them has.
func (d *decoder) claimed(room *persistence.RoomKey, c *replication.Claim) {
	switch d.num {
	case 1:
		*room = d.room()
	case 2:
		*c = d.claim()
	default:
		d.skip()
	}
}

func (d *decoder) prepare(room *persistence.RoomKey) (m replication.Prepare) {
	for d.next() {
		d.claimed(room, &m.Claim)
	}
	return m
}

func (d *decoder) promise(room *persistence.RoomKey) (m replication.Promise) {
	for d.next() {
		switch d.num {
		case 3:
			m.Life = d.uint()
		case 4:
			m.Accepted = d.uint()
		case 5:
			m.AcceptedRing = d.uint()
		case 6:
			m.Birth = d.uint()
		case 7:
			m.Turn = d.uint()
		case 8:
			m.Last = d.position()
		case 9:
			m.Bytes = d.uint()
		case 10:
			m.Damaged = d.bool()
		case 11:
			m.Torn = d.bool()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) refuse(room *persistence.RoomKey) (m replication.Refuse) {
	for d.next() {
		switch d.num {
		case 3:
			m.Promised = d.uint()
		case 4:
			m.Ring = d.uint()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) fetch(room *persistence.RoomKey) (m replication.Fetch) {
	for d.next() {
		switch d.num {
		case 3:
			m.Accepted = d.uint()
		case 4:
			m.After = d.uint()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) fetched(room *persistence.RoomKey) (m replication.Fetched) {
	for d.next() {
		switch d.num {
		case 3:
			m.Accepted = d.uint()
		case 4:
			m.Partial = d.bool()
		case 5:
			m.Damaged = d.bool()
		case 6:
			m.Turns = d.turn(m.Turns)
		case 7:
			m.Log = d.copy()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) sync(room *persistence.RoomKey) (m replication.Sync) {
	for d.next() {
		switch d.num {
		case 3:
			m.Birth = d.uint()
		case 4:
			m.BaseAccepted = d.uint()
		case 5:
			m.BaseTurn = d.uint()
		case 6:
			m.Turns = d.turn(m.Turns)
		case 7:
			m.Log = d.copy()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) appended(room *persistence.RoomKey) (m replication.Append) {
	for d.next() {
		switch d.num {
		case 3:
			m.First = d.uint()
		case 4:
			m.Turns = d.turn(m.Turns)
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) ack(room *persistence.RoomKey) (m replication.Ack) {
	for d.next() {
		switch d.num {
		case 3:
			m.Life = d.uint()
		case 4:
			m.Turn = d.uint()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) behind(room *persistence.RoomKey) (m replication.Behind) {
	for d.next() {
		switch d.num {
		case 3:
			m.Life = d.uint()
		case 4:
			m.Accepted = d.uint()
		case 5:
			m.Turn = d.uint()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) copied(room *persistence.RoomKey) (m replication.Copied) {
	for d.next() {
		switch d.num {
		case 1:
			*room = d.room()
		case 2:
			m.Accepted = d.uint()
		case 3:
			m.AcceptedRing = d.uint()
		case 4:
			m.Birth = d.uint()
		case 5:
			m.Log = d.copy()
		default:
			d.skip()
		}
	}
	return m
}

func (d *decoder) check(room *persistence.RoomKey) (m replication.Check) {
	for d.next() {
		switch d.num {
		case 3:
			m.Round = d.uint()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}

func (d *decoder) checked(room *persistence.RoomKey) (m replication.Checked) {
	for d.next() {
		switch d.num {
		case 3:
			m.Life = d.uint()
		case 4:
			m.Round = d.uint()
		default:
			d.claimed(room, &m.Claim)
		}
	}
	return m
}
