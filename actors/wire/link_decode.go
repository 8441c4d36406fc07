package wire

import "github.com/parlor-sse/parlor/persistence"

func (d *decoder) attach(m *LinkMessage, room *persistence.RoomKey) (b Attach) {
	for d.next() {
		switch d.num {
		case 4:
			b.Have = d.position()
		case 5:
			b.Known = d.bool()
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

func (d *decoder) roster(m *LinkMessage, room *persistence.RoomKey) (b Roster) {
	for d.next() {
		switch d.num {
		case 4:
			b.Joins = append(b.Joins, d.subscriber())
		case 5:
			b.Leaves = d.uints(b.Leaves)
		case 6:
			b.All = d.bool()
		case 7:
			b.Watch = d.bool()
		case 8:
			b.List = d.bool()
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

func (d *decoder) attached(m *LinkMessage, room *persistence.RoomKey) (b Attached) {
	for d.next() {
		switch d.num {
		case 4:
			b.Lineage = d.span(b.Lineage)
		case 5:
			b.Past = d.uints(b.Past)
		case 6:
			b.Last = d.position()
		case 7:
			b.History = d.record(b.History)
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

func (d *decoder) frames(m *LinkMessage, room *persistence.RoomKey) (b Frames) {
	for d.next() {
		switch d.num {
		case 4:
			b.Records = d.record(b.Records)
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

func (d *decoder) update(m *LinkMessage, room *persistence.RoomKey) (b Update) {
	for d.next() {
		switch d.num {
		case 4:
			b.Data = d.bytes(persistence.MaxDataBytes)
		case 5:
			b.Event = d.text(persistence.MaxEventBytes)
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

func (d *decoder) targeted(m *LinkMessage, room *persistence.RoomKey) (b Targeted) {
	for d.next() {
		switch d.num {
		case 4:
			b.Client = d.text(persistence.MaxNameBytes)
		case 5:
			b.Event = d.text(persistence.MaxEventBytes)
		case 6:
			b.Data = d.bytes(persistence.MaxDataBytes)
		case 7:
			b.User = d.text(persistence.MaxNameBytes)
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

func (d *decoder) kick(m *LinkMessage, room *persistence.RoomKey) (b Kick) {
	for d.next() {
		switch d.num {
		case 4:
			b.Client = d.text(persistence.MaxNameBytes)
		case 5:
			b.User = d.text(persistence.MaxNameBytes)
		case 6:
			b.Streams = d.uints(b.Streams)
		case 7:
			b.By = d.text(MaxStreamIDBytes)
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

// bare reads a message that says nothing but its room.
func (d *decoder) bare(m *LinkMessage, room *persistence.RoomKey) {
	for d.next() {
		d.counted(m, room)
	}
}
