package wire

import "github.com/parlor-sse/parlor/persistence"

type (
	// Describe asks a room's owner about the room; answered by Described.
	Describe struct {
		Room persistence.RoomKey
		Ring uint64 // version of the ring by which the sender chose the owner
	}

	// Described answers Describe. Only Code and Ring mean something unless Code
	// is OK.
	Described struct {
		Code            Code
		Ring            uint64
		Owner           string // name of the node
		Epoch           uint64
		Seq             uint64
		ID              string // of the newest message, as text
		ConnectionCount int
		History         int   // messages kept
		IdleMillis      int64 // since the room last had something to do
	}

	// Recall asks a room's owner for the room's history; answered by Recalled.
	Recall struct {
		Room persistence.RoomKey
		Ring uint64
	}

	// Recalled answers Recall. Only Code and Ring mean something unless Code is
	// OK. The records' data, decoded, alias the input.
	Recalled struct {
		Code    Code
		Ring    uint64
		Records []persistence.Record // oldest first
	}

	// List asks a room's owner who listens; answered by Listed.
	List struct {
		Room persistence.RoomKey
		Ring uint64
	}

	// Listed answers List. Only Code and Ring mean something unless Code is OK.
	Listed struct {
		Code        Code
		Ring        uint64
		Subscribers []Subscriber
	}
)

// Subscriber is who is behind a stream.
type Subscriber struct {
	ID     uint64 // of the stream, unique at its front
	Client string // the client's own id; may be empty
	Since  int64  // unix milliseconds
}

func (Describe) wire()  {}
func (Described) wire() {}
func (Recall) wire()    {}
func (Recalled) wire()  {}
func (List) wire()      {}
func (Listed) wire()    {}

// appendQuestion appends a request that only names a room.
func appendQuestion(dst []byte, k kind, room persistence.RoomKey, ring uint64) []byte {
	dst = appendRoom(head(dst, k), 1, room)
	return appendUint(dst, 2, ring)
}

func (d *decoder) question() (room persistence.RoomKey, ring uint64) {
	for d.next() {
		switch d.num {
		case 1:
			room = d.room()
		case 2:
			ring = d.uint()
		default:
			d.skip()
		}
	}
	d.wantRoom(room)
	return room, ring
}

// appendAnswer appends what every answer begins with.
func appendAnswer(dst []byte, k kind, c Code, ring uint64) []byte {
	dst = appendUint(head(dst, k), 1, uint64(c))
	return appendUint(dst, 2, ring)
}

// answer reads one of the fields that every answer begins with, or passes over
// one that none has.
func (d *decoder) answer(c *Code, ring *uint64) {
	switch d.num {
	case 1:
		*c = d.code()
	case 2:
		*ring = d.uint()
	default:
		d.skip()
	}
}

func (m *Described) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindDescribed, m.Code, m.Ring)
	dst = appendText(dst, 3, m.Owner)
	dst = appendUint(dst, 4, m.Epoch)
	dst = appendUint(dst, 5, m.Seq)
	dst = appendText(dst, 6, m.ID)
	dst = appendInt(dst, 7, int64(m.ConnectionCount))
	dst = appendInt(dst, 8, int64(m.History))
	return appendInt(dst, 9, m.IdleMillis)
}

func (d *decoder) described() (m Described) {
	for d.next() {
		switch d.num {
		case 3:
			m.Owner = d.text(persistence.MaxNameBytes)
		case 4:
			m.Epoch = d.uint()
		case 5:
			m.Seq = d.uint()
		case 6:
			m.ID = d.text(persistence.MaxNameBytes)
		case 7:
			m.ConnectionCount = d.int()
		case 8:
			m.History = d.int()
		case 9:
			m.IdleMillis = d.int64()
		default:
			d.answer(&m.Code, &m.Ring)
		}
	}
	return m
}

func (m *Recalled) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindRecalled, m.Code, m.Ring)
	return appendRecords(dst, 3, m.Records)
}

func (d *decoder) recalled() (m Recalled) {
	for d.next() {
		switch d.num {
		case 3:
			m.Records = d.record(m.Records)
		default:
			d.answer(&m.Code, &m.Ring)
		}
	}
	return m
}

func (m *Listed) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindListed, m.Code, m.Ring)
	return appendSubscribers(dst, 3, m.Subscribers)
}

func (d *decoder) listed() (m Listed) {
	for d.next() {
		switch d.num {
		case 3:
			m.Subscribers = append(m.Subscribers, d.subscriber())
		default:
			d.answer(&m.Code, &m.Ring)
		}
	}
	return m
}
