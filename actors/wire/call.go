package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/persistence"
)

// Call asks a room's behaviour to handle a request; answered by Called.
type Call struct {
	Room   persistence.RoomKey
	Method string   // of HTTP
	Target string   // path and query, as the behaviour sees them
	Header []Field  // in the order in which they came
	Body   []byte   // decoded, it aliases the input
	Key    string   // Idempotency-Key; empty for none
	Retry  [16]byte // names this call across the front's own retries; zero for none
	Caller string   // object id of the room that calls; empty for none
}

// Called answers Call. If Code is OK it is what the handler answered; if Code is
// Refused, Status, Reason and Message say why. Else only Code means something.
type Called struct {
	Code      Code
	Status    uint32 // of HTTP, 100 to 999; 0 for none
	Header    []Field
	Body      []byte // decoded, it aliases the input
	Duplicate bool   // the answer to an earlier call with the same key
	Reason    string // for programs; as in Published
	Message   string // for people; as in Published
}

// Field is one line of a header.
type Field struct {
	Name  string // not empty
	Value string
}

func (Call) wire()   {}
func (Called) wire() {}

func (m *Call) append(dst []byte) []byte {
	dst = appendRoom(head(dst, kindCall), 1, m.Room)
	dst = appendText(dst, 2, m.Method)
	dst = appendText(dst, 3, m.Target)
	dst = appendFields(dst, 4, m.Header)
	dst = appendBytes(dst, 5, m.Body)
	dst = appendText(dst, 6, m.Key)
	dst = appendHash(dst, 7, &m.Retry)
	return appendText(dst, 8, m.Caller)
}

func (d *decoder) call() (m Call) {
	for d.next() {
		switch d.num {
		case 1:
			m.Room = d.room()
		case 2:
			m.Method = d.text(MaxMethodBytes)
		case 3:
			m.Target = d.text(MaxTargetBytes)
		case 4:
			m.Header = d.field(m.Header)
		case 5:
			m.Body = d.bytes(MaxBodyBytes)
		case 6:
			m.Key = d.text(persistence.MaxNameBytes)
		case 7:
			m.Retry = d.hash()
		case 8:
			m.Caller = d.text(MaxObjectIDBytes)
		default:
			d.skip()
		}
	}
	d.wantRoom(m.Room)
	d.want(fits(m.Header))
	return m
}

func (m *Called) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindCalled, m.Code)
	dst = appendUint(dst, 2, uint64(m.Status))
	dst = appendFields(dst, 3, m.Header)
	dst = appendBytes(dst, 4, m.Body)
	dst = appendBool(dst, 5, m.Duplicate)
	dst = appendText(dst, 6, m.Reason)
	return appendText(dst, 7, m.Message)
}

func (d *decoder) called() (m Called) {
	for d.next() {
		switch d.num {
		case 2:
			m.Status = d.status(100, 999)
		case 3:
			m.Header = d.field(m.Header)
		case 4:
			m.Body = d.bytes(MaxBodyBytes)
		case 5:
			m.Duplicate = d.bool()
		case 6:
			m.Reason = d.text(MaxReasonBytes)
		case 7:
			m.Message = d.text(MaxSentenceBytes)
		default:
			d.answer(&m.Code)
		}
	}
	d.want(fits(m.Header))
	return m
}

// status reads a status of HTTP within bounds; 0 is none.
func (d *decoder) status(least, most uint32) uint32 {
	v := d.uint32()
	if v != 0 && (v < least || v > most) {
		d.fail()
		return 0
	}
	return v
}

func appendFields(dst []byte, num protowire.Number, list []Field) []byte {
	for i := range list {
		f := &list[i]
		var mark opening
		dst, mark = begin(dst, num, len(f.Name)+len(f.Value)+6)
		dst = appendText(dst, 1, f.Name)
		dst = appendText(dst, 2, f.Value)
		dst = end(dst, mark)
	}
	return dst
}

// field reads a line of a header and adds it to list, which is never longer
// than any can be.
func (d *decoder) field(list []Field) []Field {
	var f Field
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			f.Name = n.text(MaxHeaderBytes)
		case 2:
			f.Value = n.text(MaxHeaderBytes)
		default:
			n.skip()
		}
	}
	n.want(f.Name != "" && len(list) < MaxFields)
	d.leave(&n)
	return append(list, f)
}

// fits reports whether a header's texts are within their bound together.
func fits(header []Field) bool {
	size := 0
	for i := range header {
		size += len(header[i].Name) + len(header[i].Value)
	}
	return size <= MaxHeaderBytes
}
