package wire

import "github.com/parlor-sse/parlor/persistence"

// What nodes say to each other about the rooms that they hold, and about
// themselves.
type (
	// Contact is a node's sign of life to another.
	Contact struct {
		Hears bool // the sender heard of the receiver lately
	}

	// Adopt tells a node of rooms that it owns under the ring and has to look
	// after; answered by Adopted.
	Adopt struct {
		Ring  uint64
		Rooms []persistence.RoomKey
	}

	// Adopted answers Adopt with the rooms that the node took on.
	Adopted struct {
		Ring  uint64
		Rooms []persistence.RoomKey
	}

	// Pull asks a node for copies of the rooms that it owns and that the sender, a
	// learner of the ring, has to hold; answered by Pulled.
	Pull struct {
		Ring  uint64
		After persistence.RoomKey // rooms up to this one are not wanted; zero: from the first
		Limit int                 // copies wanted at most
	}

	// Pulled answers Pull with copies in the order of their rooms' keys. The
	// records' data, decoded from a small message, alias the input.
	Pulled struct {
		Ring   uint64
		After  persistence.RoomKey // of the Pull that it answers
		Copies []PulledCopy
		Next   persistence.RoomKey // what to ask after next; zero unless More
		More   bool                // there may be rooms after Next
	}
)

// PulledCopy is one node's copy of a room.
type PulledCopy struct {
	Room         persistence.RoomKey
	Accepted     uint64 // epoch of the owner that the copy follows
	AcceptedRing uint64
	Birth        uint64
	Copy         persistence.Copy
}

func (Contact) wire() {}
func (Adopt) wire()   {}
func (Adopted) wire() {}
func (Pull) wire()    {}
func (Pulled) wire()  {}

// member reads a message between nodes about their rooms or themselves.
func (d *decoder) member(k kind) Message {
	switch k {
	case kindContact:
		return d.contact()
	case kindAdopt:
		ring, rooms := d.roomList()
		return Adopt{Ring: ring, Rooms: rooms}
	case kindAdopted:
		ring, rooms := d.roomList()
		return Adopted{Ring: ring, Rooms: rooms}
	case kindPull:
		return d.pull()
	case kindPulled:
		return d.pulled()
	}
	return nil
}

func (m *Contact) append(dst []byte) []byte {
	return appendBool(head(dst, kindContact), 1, m.Hears)
}

func (d *decoder) contact() (m Contact) {
	for d.next() {
		switch d.num {
		case 1:
			m.Hears = d.bool()
		default:
			d.skip()
		}
	}
	return m
}

func appendRoomList(dst []byte, k kind, ring uint64, rooms []persistence.RoomKey) []byte {
	dst = appendUint(head(dst, k), 1, ring)
	for _, room := range rooms {
		dst = appendRoom(dst, 2, room)
	}
	return dst
}

func (d *decoder) roomList() (ring uint64, rooms []persistence.RoomKey) {
	for d.next() {
		switch d.num {
		case 1:
			ring = d.uint()
		case 2:
			rooms = append(rooms, d.room())
		default:
			d.skip()
		}
	}
	return ring, rooms
}

func (m *Pull) append(dst []byte) []byte {
	dst = appendUint(head(dst, kindPull), 1, m.Ring)
	dst = appendRoom(dst, 2, m.After)
	return appendInt(dst, 3, int64(m.Limit))
}

func (d *decoder) pull() (m Pull) {
	for d.next() {
		switch d.num {
		case 1:
			m.Ring = d.uint()
		case 2:
			m.After = d.room()
		case 3:
			m.Limit = d.int()
		default:
			d.skip()
		}
	}
	return m
}

func (m *Pulled) append(dst []byte) []byte {
	dst = appendUint(head(dst, kindPulled), 1, m.Ring)
	for i := range m.Copies {
		c := &m.Copies[i]
		var mark opening
		dst, mark = begin(dst, 2, copySize(&c.Copy))
		dst = appendRoom(dst, 1, c.Room)
		dst = appendUint(dst, 2, c.Accepted)
		dst = appendUint(dst, 3, c.AcceptedRing)
		dst = appendUint(dst, 4, c.Birth)
		dst = appendCopy(dst, 5, &c.Copy)
		dst = end(dst, mark)
	}
	dst = appendRoom(dst, 3, m.Next)
	dst = appendBool(dst, 4, m.More)
	return appendRoom(dst, 5, m.After)
}

func (d *decoder) pulled() (m Pulled) {
	for d.next() {
		switch d.num {
		case 1:
			m.Ring = d.uint()
		case 2:
			m.Copies = append(m.Copies, d.pulledCopy())
		case 3:
			m.Next = d.room()
		case 4:
			m.More = d.bool()
		case 5:
			m.After = d.room()
		default:
			d.skip()
		}
	}
	return m
}

func (d *decoder) pulledCopy() (c PulledCopy) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			c.Room = n.room()
		case 2:
			c.Accepted = n.uint()
		case 3:
			c.AcceptedRing = n.uint()
		case 4:
			c.Birth = n.uint()
		case 5:
			c.Copy = n.copy()
		default:
			n.skip()
		}
	}
	n.wantRoom(c.Room)
	d.leave(&n)
	return c
}
