package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/persistence"
)

// Person is who is behind a stream, at any front.
type Person struct {
	Subscriber
	Node string // the front that holds the stream
}

// Change is what a Presence tells of its people.
type Change uint32

// The changes travel: new ones go at the end.
const (
	Listed Change = iota // they are those on the room, or some of them
	Joined
	Left
)

type (
	// Muster asks a room's owner who listens; answered by Mustered.
	Muster struct {
		Room persistence.RoomKey
	}

	// Mustered answers Muster. Only Code means something unless it is OK.
	Mustered struct {
		Code   Code
		People []Person // at most MaxMustered
		Total  int      // streams on the room; more than len(People) if not all are told
	}

	// Cut asks a room's owner to have the streams of one client ended; answered by
	// CutOff.
	Cut struct {
		Room   persistence.RoomKey
		Client string
	}

	// CutOff answers Cut. Only Code means something unless it is OK.
	CutOff struct {
		Code    Code
		Streams int // that are being ended
	}
)

func (Muster) wire()   {}
func (Mustered) wire() {}
func (Cut) wire()      {}
func (CutOff) wire()   {}

func (m *Mustered) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindMustered, m.Code)
	dst = appendPeople(dst, 2, m.People)
	return appendInt(dst, 3, int64(m.Total))
}

func (d *decoder) mustered() (m Mustered) {
	for d.next() {
		switch d.num {
		case 2:
			m.People = d.person(m.People, MaxMustered)
		case 3:
			m.Total = d.int()
		default:
			d.answer(&m.Code)
		}
	}
	return m
}

func (m *Cut) append(dst []byte) []byte {
	dst = appendRoom(head(dst, kindCut), 1, m.Room)
	return appendText(dst, 2, m.Client)
}

func (d *decoder) cut() (m Cut) {
	for d.next() {
		switch d.num {
		case 1:
			m.Room = d.room()
		case 2:
			m.Client = d.text(persistence.MaxNameBytes)
		default:
			d.skip()
		}
	}
	d.wantRoom(m.Room)
	return m
}

func (m *CutOff) append(dst []byte) []byte {
	return appendInt(appendAnswer(dst, kindCutOff, m.Code), 2, int64(m.Streams))
}

func (d *decoder) cutOff() (m CutOff) {
	for d.next() {
		switch d.num {
		case 2:
			m.Streams = d.int()
		default:
			d.answer(&m.Code)
		}
	}
	return m
}

// append appends what follows on the head of a counted message.
func (b *Presence) append(dst []byte) []byte {
	dst = appendUint(dst, 4, uint64(b.Change))
	dst = appendPeople(dst, 5, b.People)
	dst = appendInt(dst, 6, int64(b.Count))
	return appendBool(dst, 7, b.More)
}

func (d *decoder) presence(m *LinkMessage, room *persistence.RoomKey) (b Presence) {
	for d.next() {
		switch d.num {
		case 4:
			b.Change = Change(d.uint32())
		case 5:
			b.People = d.person(b.People, MaxPresence)
		case 6:
			b.Count = d.int()
		case 7:
			b.More = d.bool()
		default:
			d.counted(m, room)
		}
	}
	b.Room = *room
	return b
}

func appendPeople(dst []byte, num protowire.Number, list []Person) []byte {
	for i := range list {
		p := &list[i]
		var mark opening
		dst, mark = begin(dst, num, len(p.Client)+len(p.User)+len(p.Node)+24)
		dst = appendUint(dst, 1, p.ID)
		dst = appendText(dst, 2, p.Client)
		dst = appendInt(dst, 3, p.Since)
		dst = appendText(dst, 4, p.User)
		dst = appendText(dst, 5, p.Node)
		dst = end(dst, mark)
	}
	return dst
}

// person reads one of at most limit people and adds it to the list.
func (d *decoder) person(list []Person, limit int) []Person {
	var p Person
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			p.ID = n.uint()
		case 2:
			p.Client = n.text(persistence.MaxNameBytes)
		case 3:
			p.Since = n.int64()
		case 4:
			p.User = n.text(persistence.MaxNameBytes)
		case 5:
			p.Node = n.text(persistence.MaxNameBytes)
		default:
			n.skip()
		}
	}
	n.want(len(list) < limit)
	d.leave(&n)
	return append(list, p)
}
