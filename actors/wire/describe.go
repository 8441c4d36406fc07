package wire

import "github.com/parlor-sse/parlor/persistence"

type (
	// Describe asks a room's owner about the room; answered by Described.
	Describe struct {
		Room persistence.RoomKey
	}

	// Described answers Describe. Only Code means something unless it is OK.
	Described struct {
		Code            Code
		Owner           string // name of the node
		Epoch           uint64
		Turn            uint64 // the room's newest
		Seq             uint64
		ID              string // of the newest message, as text
		ConnectionCount int
		History         int    // messages kept
		IdleMillis      int64  // since the room last had something to do
		Items           uint64 // stored
		Bytes           uint64 // of their keys and values
		Alarm           int64  // unix milliseconds; 0 for none
	}

	// Recall asks a room's owner for the room's history; answered by Recalled.
	Recall struct {
		Room persistence.RoomKey
	}

	// Recalled answers Recall. Only Code means something unless it is OK. The
	// records' data, decoded from a small message, alias the input.
	Recalled struct {
		Code    Code
		Records []persistence.Record // oldest first
	}
)

// Subscriber is who is behind a stream.
type Subscriber struct {
	ID     uint64 // of the stream, unique at its front
	Client string // the client's own id; may be empty
	User   string // whose stream it is; may be empty
	Since  int64  // unix milliseconds
}

func (Describe) wire()  {}
func (Described) wire() {}
func (Recall) wire()    {}
func (Recalled) wire()  {}

// appendQuestion appends a request that only names a room.
func appendQuestion(dst []byte, k kind, room persistence.RoomKey) []byte {
	return appendRoom(head(dst, k), 1, room)
}

func (d *decoder) question() (room persistence.RoomKey) {
	for d.next() {
		switch d.num {
		case 1:
			room = d.room()
		default:
			d.skip()
		}
	}
	d.wantRoom(room)
	return room
}

// appendAnswer appends what every answer begins with.
func appendAnswer(dst []byte, k kind, c Code) []byte {
	return appendUint(head(dst, k), 1, uint64(c))
}

// answer reads the field that every answer begins with, or passes over one that
// none has.
func (d *decoder) answer(c *Code) {
	if d.num == 1 {
		*c = d.code()
	} else {
		d.skip()
	}
}

func (m *Described) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindDescribed, m.Code)
	dst = appendText(dst, 2, m.Owner)
	dst = appendUint(dst, 3, m.Epoch)
	dst = appendUint(dst, 4, m.Seq)
	dst = appendText(dst, 5, m.ID)
	dst = appendInt(dst, 6, int64(m.ConnectionCount))
	dst = appendInt(dst, 7, int64(m.History))
	dst = appendInt(dst, 8, m.IdleMillis)
	dst = appendUint(dst, 9, m.Turn)
	dst = appendUint(dst, 10, m.Items)
	dst = appendUint(dst, 11, m.Bytes)
	return appendInt(dst, 12, m.Alarm)
}

func (d *decoder) described() (m Described) {
	for d.next() {
		switch d.num {
		case 2:
			m.Owner = d.text(persistence.MaxNameBytes)
		case 3:
			m.Epoch = d.uint()
		case 4:
			m.Seq = d.uint()
		case 5:
			m.ID = d.text(persistence.MaxNameBytes)
		case 6:
			m.ConnectionCount = d.int()
		case 7:
			m.History = d.int()
		case 8:
			m.IdleMillis = d.int64()
		case 9:
			m.Turn = d.uint()
		case 10:
			m.Items = d.uint()
		case 11:
			m.Bytes = d.uint()
		case 12:
			m.Alarm = d.int64()
		default:
			d.answer(&m.Code)
		}
	}
	return m
}

func (m *Recalled) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindRecalled, m.Code)
	return appendRecords(dst, 2, m.Records)
}

func (d *decoder) recalled() (m Recalled) {
	for d.next() {
		switch d.num {
		case 2:
			m.Records = d.record(m.Records)
		default:
			d.answer(&m.Code)
		}
	}
	return m
}
