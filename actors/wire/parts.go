package wire

import (
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// The structs that several messages have as fields.

// small is the guess for nested messages whose length takes one byte.
const small = 100

func appendRoom(dst []byte, num protowire.Number, k persistence.RoomKey) []byte {
	if k == (persistence.RoomKey{}) {
		return dst
	}
	dst, mark := begin(dst, num, len(k.Kind)+len(k.Name)+4)
	dst = appendText(dst, 1, k.Kind)
	dst = appendText(dst, 2, k.Name)
	return end(dst, mark)
}

func (d *decoder) room() (k persistence.RoomKey) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			k.Kind = n.text(persistence.MaxNameBytes)
		case 2:
			k.Name = n.text(persistence.MaxNameBytes)
		default:
			n.skip()
		}
	}
	n.want(validName(k.Kind) && validName(k.Name))
	d.leave(&n)
	return k
}

// validName reports whether s, whose length was checked, can be half of a room
// key.
func validName(s string) bool { return s != "" && strings.IndexByte(s, 0) < 0 }

// wantRoom fails a message that has to name a room and does not. Whatever room
// was read is a valid one.
func (d *decoder) wantRoom(k persistence.RoomKey) { d.want(k.Name != "") }

func appendPosition(dst []byte, num protowire.Number, p persistence.Position) []byte {
	if p == (persistence.Position{}) {
		return dst
	}
	dst, mark := begin(dst, num, small)
	dst = appendUint(dst, 1, p.Epoch)
	dst = appendUint(dst, 2, p.Seq)
	return end(dst, mark)
}

func (d *decoder) position() (p persistence.Position) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			p.Epoch = n.uint()
		case 2:
			p.Seq = n.uint()
		default:
			n.skip()
		}
	}
	d.leave(&n)
	return p
}

func appendClaim(dst []byte, num protowire.Number, c replication.Claim) []byte {
	if c == (replication.Claim{}) {
		return dst
	}
	dst, mark := begin(dst, num, small)
	dst = appendUint(dst, 1, c.Epoch)
	dst = appendUint(dst, 2, c.Holder)
	dst = appendUint(dst, 3, c.Ring)
	dst = appendUint(dst, 4, c.Since)
	return end(dst, mark)
}

func (d *decoder) claim() (c replication.Claim) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			c.Epoch = n.uint()
		case 2:
			c.Holder = n.uint()
		case 3:
			c.Ring = n.uint()
		case 4:
			c.Since = n.uint()
		default:
			n.skip()
		}
	}
	d.leave(&n)
	return c
}

func appendSubscribers(dst []byte, num protowire.Number, list []Subscriber) []byte {
	for i := range list {
		s := &list[i]
		var mark opening
		dst, mark = begin(dst, num, len(s.Client)+len(s.User)+20)
		dst = appendUint(dst, 1, s.ID)
		dst = appendText(dst, 2, s.Client)
		dst = appendInt(dst, 3, s.Since)
		dst = appendText(dst, 4, s.User)
		dst = end(dst, mark)
	}
	return dst
}

func (d *decoder) subscriber() (s Subscriber) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			s.ID = n.uint()
		case 2:
			s.Client = n.text(persistence.MaxNameBytes)
		case 3:
			s.Since = n.int64()
		case 4:
			s.User = n.text(persistence.MaxNameBytes)
		default:
			n.skip()
		}
	}
	d.leave(&n)
	return s
}
