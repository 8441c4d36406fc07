package wire

import (
	"errors"
	"fmt"
	"reflect"
)

var (
	// ErrMalformed reports bytes that Append cannot have written: cut short, a
	// length beyond the end, a field of the wrong shape or beyond its bound.
	ErrMalformed = errors.New("malformed message")
	// ErrVersion reports a message of another version than this program's, or of
	// a kind that only a newer program knows.
	ErrVersion = errors.New("message of another version of the program")
)

// Message is one of the message structs of this package, as a value. Nothing
// in a message is changed after it was sent or received.
type Message interface{ wire() }

// Code says what became of a request.
type Code uint8

// The codes travel: new ones go at the end.
const (
	OK             Code = iota
	Overloaded          // refused: too much waits already; may be retried
	Unavailable         // refused: not accepted, and nothing was begun
	UnknownOutcome      // it may have been done or not
	KeyConflict         // refused: the key was used with another body
	KeysExhausted       // refused: too many keys in too short a time
	NotOwner            // refused: another node owns the room, or owns it by now
	Refused             // by the room's behaviour; the answer says why
	NoKind              // refused: the node runs no rooms of that kind
	NotFound            // refused: there is no such room
	Failed              // the behaviour's handler failed, and nothing that it did was kept
	Torn                // refused: what the room had stored is damaged
	NotStarted          // refused: the behaviour could not prepare itself
	AnswerSize          // the behaviour's answer is too large, and nothing that it did was kept
	Malformed           // refused: the request is out of bounds
	AnswerLost          // it was done before, and what was answered is not remembered
)

// Append appends the bytes of m to dst and returns the extended slice. It keeps
// no reference to m. It does not check m: what Decode would refuse is the
// caller's mistake. A type that is no message, or one without its body, panics.
func Append(dst []byte, m Message) []byte {
	switch m := m.(type) {
	case Replicate:
		return m.append(dst)
	case Publish:
		return m.append(dst)
	case Published:
		return m.append(dst)
	case Describe:
		return appendQuestion(dst, kindDescribe, m.Room)
	case Described:
		return m.append(dst)
	case Recall:
		return appendQuestion(dst, kindRecall, m.Room)
	case Recalled:
		return m.append(dst)
	case Call:
		return m.append(dst)
	case Called:
		return m.append(dst)
	case Create:
		return appendQuestion(dst, kindCreate, m.Room)
	case Created:
		return appendAnswer(dst, kindCreated, m.Code)
	case Find:
		return m.append(dst)
	case Found:
		return m.append(dst)
	case Muster:
		return appendQuestion(dst, kindMuster, m.Room)
	case Mustered:
		return m.append(dst)
	case Cut:
		return m.append(dst)
	case CutOff:
		return m.append(dst)
	case Open:
		return m.append(dst)
	case Reset:
		return m.append(dst)
	case Beat:
		return m.append(dst)
	case LinkMessage:
		return m.append(dst)
	case Contact:
		return m.append(dst)
	case Adopt:
		return appendRoomList(dst, kindAdopt, m.Ring, m.Rooms)
	case Adopted:
		return appendRoomList(dst, kindAdopted, m.Ring, m.Rooms)
	case Pull:
		return m.append(dst)
	case Pulled:
		return m.append(dst)
	case Offer:
		return m.append(dst)
	case Want:
		return m.append(dst)
	case Part:
		return m.append(dst)
	case Drop:
		return m.append(dst)
	}
	panic("wire: no message: " + nameOf(m))
}

// nameOf names the type of v. Unlike fmt it lets v stay on its caller's stack.
func nameOf(v any) string {
	if v == nil {
		return "nil"
	}
	return reflect.TypeOf(v).String()
}

// head appends what every message begins with.
func head(dst []byte, k kind) []byte { return append(dst, version, byte(k)) }

// Decode reads what Append wrote. The message's data, as its type says, aliases
// b, which must not change from then on; everything else is copied, so are the
// data of records if b is larger than 64 KiB: a record that is kept should not
// keep a whole copy's worth of others in memory. It allocates in proportion to b,
// whatever b says of lengths. Fields that it does not know, of a newer program,
// are passed over. Errors are ErrMalformed and ErrVersion, wrapped.
func Decode(b []byte) (Message, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("decode message of %d bytes: %w", len(b), ErrMalformed)
	}
	v, k := b[0], kind(b[1])
	switch {
	case v == 0 || k == 0:
		return nil, fmt.Errorf("decode message of version %d, kind %d: %w", v, k, ErrMalformed)
	case v != version:
		return nil, fmt.Errorf("decode message of version %d: %w", v, ErrVersion)
	}
	d := decoder{rest: b[2:], big: len(b) > shareBytes}
	m := d.message(k)
	if d.bad {
		return nil, fmt.Errorf("decode message of kind %d, %d bytes: %w", k, len(b), ErrMalformed)
	}
	if m == nil {
		return nil, fmt.Errorf("decode message of kind %d: %w", k, ErrVersion)
	}
	return m, nil
}

// message reads the fields of a message, or returns nil for a kind that it does
// not know. The kinds come in the groups that their numbers form.
func (d *decoder) message(k kind) Message {
	switch {
	case k < kindPublish:
		return d.replicate(k)
	case k < kindOpen:
		return d.request(k)
	case k < kindContact:
		return d.link(k)
	case k < kindOffer:
		return d.member(k)
	default:
		return d.transfer(k)
	}
}
