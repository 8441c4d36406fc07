package wire

import "github.com/parlor-sse/parlor/persistence"

// Publish asks a room's owner to commit a message; answered by Published.
type Publish struct {
	Room    persistence.RoomKey
	Event   string   // SSE event name
	Body    []byte   // one compact JSON object; decoded, it aliases the input
	Stamped bool     // Body has a timestamp of its own
	Key     string   // Idempotency-Key; empty for none
	Client  string   // only streams of this client id get it; empty means all
	User    string   // only streams of this user get it; empty means all
	Source  string   // names what it was read from; empty for nothing
	Offset  uint64   // its place there
	Retry   [16]byte // names this publish across the front's own retries; zero for none
}

// Published answers Publish. If Code is Refused, Status, Reason and Message say
// why; else only Code means something unless it is OK.
type Published struct {
	Code        Code
	ID          persistence.Position // zero for a message to one client
	Data        []byte               // as delivered; decoded, it aliases the input
	Durability  string
	Copies      int // that hold the message
	Of          int // that should
	Subscribers int // streams that it is being sent to
	Duplicate   bool
	Dropped     bool   // the behaviour passed it on to nobody: it has no id
	Answer      []byte // what the behaviour answered, at most persistence.MaxAnswerBytes; decoded, it aliases the input
	Reason      string // why the behaviour refused it, for programs; at most MaxReasonBytes
	Message     string // the same for people; at most MaxSentenceBytes
	Status      uint32 // the same as a status of HTTP, 400 to 599; 0 for none
}

func (Publish) wire()   {}
func (Published) wire() {}

// request reads a request to a room's owner, or its answer.
func (d *decoder) request(k kind) Message {
	switch k {
	case kindPublish:
		return d.publish()
	case kindPublished:
		return d.published()
	case kindDescribe:
		return Describe{Room: d.question()}
	case kindDescribed:
		return d.described()
	case kindRecall:
		return Recall{Room: d.question()}
	case kindRecalled:
		return d.recalled()
	case kindCall:
		return d.call()
	case kindCalled:
		return d.called()
	case kindCreate:
		return Create{Room: d.question()}
	case kindCreated:
		return d.created()
	case kindFind:
		return d.find()
	case kindFound:
		return d.found()
	case kindMuster:
		return Muster{Room: d.question()}
	case kindMustered:
		return d.mustered()
	case kindCut:
		return d.cut()
	case kindCutOff:
		return d.cutOff()
	}
	return nil
}

func (m *Publish) append(dst []byte) []byte {
	dst = appendRoom(head(dst, kindPublish), 1, m.Room)
	dst = appendText(dst, 2, m.Event)
	dst = appendBytes(dst, 3, m.Body)
	dst = appendBool(dst, 4, m.Stamped)
	dst = appendText(dst, 5, m.Key)
	dst = appendText(dst, 6, m.Client)
	dst = appendHash(dst, 7, &m.Retry)
	dst = appendText(dst, 8, m.User)
	dst = appendText(dst, 9, m.Source)
	return appendUint(dst, 10, m.Offset)
}

func (d *decoder) publish() (m Publish) {
	for d.next() {
		switch d.num {
		case 1:
			m.Room = d.room()
		case 2:
			m.Event = d.text(persistence.MaxEventBytes)
		case 3:
			m.Body = d.bytes(persistence.MaxDataBytes)
		case 4:
			m.Stamped = d.bool()
		case 5:
			m.Key = d.text(persistence.MaxNameBytes)
		case 6:
			m.Client = d.text(persistence.MaxNameBytes)
		case 7:
			m.Retry = d.hash()
		case 8:
			m.User = d.text(persistence.MaxNameBytes)
		case 9:
			m.Source = d.text(persistence.MaxNameBytes)
		case 10:
			m.Offset = d.uint()
		default:
			d.skip()
		}
	}
	d.wantRoom(m.Room)
	return m
}

func (m *Published) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindPublished, m.Code)
	dst = appendPosition(dst, 2, m.ID)
	dst = appendBytes(dst, 3, m.Data)
	dst = appendText(dst, 4, m.Durability)
	dst = appendInt(dst, 5, int64(m.Copies))
	dst = appendInt(dst, 6, int64(m.Of))
	dst = appendInt(dst, 7, int64(m.Subscribers))
	dst = appendBool(dst, 8, m.Duplicate)
	dst = appendBytes(dst, 9, m.Answer)
	dst = appendText(dst, 10, m.Reason)
	dst = appendText(dst, 11, m.Message)
	dst = appendUint(dst, 12, uint64(m.Status))
	return appendBool(dst, 13, m.Dropped)
}

func (d *decoder) published() (m Published) {
	for d.next() {
		switch d.num {
		case 2:
			m.ID = d.position()
		case 3:
			m.Data = d.bytes(persistence.MaxDataBytes)
		case 4:
			m.Durability = d.text(persistence.MaxNameBytes)
		case 5:
			m.Copies = d.int()
		case 6:
			m.Of = d.int()
		case 7:
			m.Subscribers = d.int()
		case 8:
			m.Duplicate = d.bool()
		case 9:
			m.Answer = d.bytes(persistence.MaxAnswerBytes)
		case 10:
			m.Reason = d.text(MaxReasonBytes)
		case 11:
			m.Message = d.text(MaxSentenceBytes)
		case 12:
			m.Status = d.status(400, 599)
		case 13:
			m.Dropped = d.bool()
		default:
			d.answer(&m.Code)
		}
	}
	return m
}
