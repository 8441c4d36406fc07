package wire

import "github.com/parlor-sse/parlor/persistence"

// A message too large for one piece goes in parts that its receiver asks for.
// The id, unique among those of the sender, names it in both directions.
type (
	// Offer tells a node of a message for it. It is repeated for as long as nothing
	// else is sent of the message.
	Offer struct {
		ID    uint64
		Bytes uint64 // of the message, at least 1
		Sum   uint64 // its 64-bit xxHash
		Room  persistence.RoomKey
	}

	// Want asks for a part of a message that was offered.
	Want struct {
		ID     uint64
		Offset uint64
		N      uint32 // bytes, at most MaxPartBytes; 0: none yet, the message has to wait for others
	}

	// Part answers Want.
	Part struct {
		ID     uint64
		Offset uint64
		Data   []byte // at most MaxPartBytes; decoded, it aliases the input
	}

	// Drop ends the business with a message, from either end.
	Drop struct {
		ID   uint64
		Done bool // it arrived as a whole
	}
)

func (Offer) wire() {}
func (Want) wire()  {}
func (Part) wire()  {}
func (Drop) wire()  {}

// transfer reads a message of a transfer.
func (d *decoder) transfer(k kind) Message {
	switch k {
	case kindOffer:
		return d.offer()
	case kindWant:
		return d.wanted()
	case kindPart:
		return d.part()
	case kindDrop:
		return d.drop()
	}
	return nil
}

func (m *Offer) append(dst []byte) []byte {
	dst = appendUint(head(dst, kindOffer), 1, m.ID)
	dst = appendUint(dst, 2, m.Bytes)
	dst = appendUint(dst, 3, m.Sum)
	return appendRoom(dst, 4, m.Room)
}

func (d *decoder) offer() (m Offer) {
	for d.next() {
		switch d.num {
		case 1:
			m.ID = d.uint()
		case 2:
			m.Bytes = d.uint()
		case 3:
			m.Sum = d.uint()
		case 4:
			m.Room = d.room()
		default:
			d.skip()
		}
	}
	d.want(m.Bytes > 0)
	d.wantRoom(m.Room)
	return m
}

func (m *Want) append(dst []byte) []byte {
	dst = appendUint(head(dst, kindWant), 1, m.ID)
	dst = appendUint(dst, 2, m.Offset)
	return appendUint(dst, 3, uint64(m.N))
}

func (d *decoder) wanted() (m Want) {
	for d.next() {
		switch d.num {
		case 1:
			m.ID = d.uint()
		case 2:
			m.Offset = d.uint()
		case 3:
			m.N = d.uint32()
		default:
			d.skip()
		}
	}
	d.want(m.N <= MaxPartBytes)
	return m
}

func (m *Part) append(dst []byte) []byte {
	dst = appendUint(head(dst, kindPart), 1, m.ID)
	dst = appendUint(dst, 2, m.Offset)
	return appendBytes(dst, 3, m.Data)
}

func (d *decoder) part() (m Part) {
	for d.next() {
		switch d.num {
		case 1:
			m.ID = d.uint()
		case 2:
			m.Offset = d.uint()
		case 3:
			m.Data = d.bytes(MaxPartBytes)
		default:
			d.skip()
		}
	}
	return m
}

func (m *Drop) append(dst []byte) []byte {
	dst = appendUint(head(dst, kindDrop), 1, m.ID)
	return appendBool(dst, 2, m.Done)
}

func (d *decoder) drop() (m Drop) {
	for d.next() {
		switch d.num {
		case 1:
			m.ID = d.uint()
		case 2:
			m.Done = d.bool()
		default:
			d.skip()
		}
	}
	return m
}
