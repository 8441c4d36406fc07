package actors

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// codes pairs what a request can come to with how it is told between nodes.
var codes = [...]struct {
	code wire.Code
	err  error
}{
	{wire.OK, nil},
	{wire.Overloaded, ErrOverloaded},
	{wire.Unavailable, ErrUnavailable},
	{wire.AnswerLost, ErrAnswerLost}, // before what it is a sort of
	{wire.UnknownOutcome, ErrUnknownOutcome},
	{wire.KeyConflict, ErrKeyConflict},
	{wire.KeysExhausted, ErrKeysExhausted},
	{wire.NotOwner, errMoved},
	{wire.NoKind, ErrNoKind},
	{wire.NotFound, ErrNoFetch},
	{wire.Failed, ErrFailed},
	{wire.Torn, ErrTorn},
	{wire.NotStarted, ErrNotStarted},
	{wire.AnswerSize, ErrAnswerSize},
	{wire.Malformed, ErrBadCall},
}

func codeOf(err error) wire.Code {
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return wire.UnknownOutcome
}

func errorOf(code wire.Code) error {
	for _, c := range codes {
		if c.code == code {
			return c.err
		}
	}
	return ErrUnknownOutcome
}

// answerOf returns the form in which a room's answer goes to another node.
func answerOf(m any) wire.Message {
	switch m := m.(type) {
	case published:
		r := m.receipt
		w := wire.Published{
			Code: codeOf(m.err), ID: r.ID, Data: r.Data, Durability: r.Durability, Copies: r.Copies, Of: r.Of,
			Subscribers: r.Subscribers, Duplicate: r.Duplicate, Answer: r.Answer, Dropped: r.Dropped,
		}
		if no := refusalIn(m.err); no != nil {
			w.Code, w.Status, w.Reason, w.Message = wire.Refused, uint32(no.Status), no.Code, no.Message
		}
		return w
	case fetched:
		return calledOf(m)
	case created:
		return wire.Created{}
	case found:
		return wire.Found{Room: m.room, OK: m.ok, Code: codeOf(m.err)}
	case RoomInfo:
		return wire.Described{
			Owner: m.Owner, Epoch: m.Epoch, Seq: m.Seq, ID: m.ID, ConnectionCount: m.ConnectionCount,
			History: m.History, IdleMillis: int64(m.IdleSeconds * 1000),
			Items: uint64(m.StoredItems), Bytes: uint64(m.StoredBytes), Alarm: alarmOf(m.Alarm),
		}
	case []persistence.Record:
		return wire.Recalled{Records: m}
	case mustered:
		return wire.Mustered{People: m.people, Total: m.total}
	case cutOff:
		return wire.CutOff{Streams: m.streams}
	}
	return nil
}

// answered returns a room's answer from another node as a room of this node
// would give it.
func answered(key persistence.RoomKey, m wire.Message) (any, error) {
	switch m := m.(type) {
	case wire.Published:
		if m.Code == wire.Refused {
			return nil, Refuse(int(m.Status), m.Reason, m.Message)
		}
		return published{receipt: Receipt{
			ID: m.ID, Data: m.Data, Durability: m.Durability, Copies: m.Copies, Of: m.Of,
			Subscribers: m.Subscribers, Duplicate: m.Duplicate, Answer: m.Answer, Dropped: m.Dropped,
		}}, errorOf(m.Code)
	case wire.Called:
		f := fetchedOf(m)
		return f, f.err
	case wire.Created:
		return created{}, errorOf(m.Code)
	case wire.Found:
		return found{room: m.Room, ok: m.OK}, errorOf(m.Code)
	case wire.Described:
		return RoomInfo{
			Room: key.Name, Kind: key.Kind, DurableObjectID: key.ObjectID(), Owner: m.Owner,
			Epoch: m.Epoch, Seq: m.Seq, ID: m.ID, ConnectionCount: m.ConnectionCount, History: m.History,
			IdleSeconds: (time.Duration(m.IdleMillis) * time.Millisecond).Seconds(),
			StoredItems: int(m.Items), StoredBytes: int(m.Bytes), Alarm: alarmText(m.Alarm),
		}, errorOf(m.Code)
	case wire.Recalled:
		return m.Records, errorOf(m.Code)
	case wire.Mustered:
		return mustered{people: m.People, total: m.Total}, errorOf(m.Code)
	case wire.CutOff:
		return cutOff{streams: m.Streams}, errorOf(m.Code)
	}
	return nil, ErrUnknownOutcome
}

// calledOf returns the answer to a call as it is sent, and kept.
func calledOf(f fetched) wire.Called {
	m := wire.Called{
		Code: codeOf(f.err), Status: uint32(f.reply.Status), Body: f.reply.Body, Duplicate: f.reply.Duplicate,
		Header: fieldsOf(f.reply.Header),
	}
	if no := refusalIn(f.err); no != nil {
		m.Code, m.Status, m.Reason, m.Message = wire.Refused, uint32(no.Status), no.Code, no.Message
	}
	return m
}

func fetchedOf(m wire.Called) fetched {
	if m.Code == wire.Refused {
		return fetched{err: Refuse(int(m.Status), m.Reason, m.Message)}
	}
	return fetched{
		reply: Reply{Status: int(m.Status), Header: headerOf(m.Header), Body: m.Body, Duplicate: m.Duplicate},
		err:   errorOf(m.Code),
	}
}

// callTo returns a call as it goes to another node.
func callTo(c *Call) wire.Call {
	return wire.Call{
		Room: c.Room, Method: c.Method, Target: c.Target, Header: fieldsOf(c.Header), Body: c.Body,
		Key: c.Key, Retry: c.retry, Caller: c.caller,
	}
}

func callFrom(m wire.Call) Call {
	return Call{
		Room: m.Room, Method: m.Method, Target: m.Target, Header: headerOf(m.Header), Body: m.Body,
		Key: m.Key, retry: m.Retry, caller: m.Caller,
	}
}

// fieldsOf returns a header's lines, by name.
func fieldsOf(h http.Header) []wire.Field {
	var fields []wire.Field
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			fields = append(fields, wire.Field{Name: name, Value: v})
		}
	}
	return fields
}

func headerOf(fields []wire.Field) http.Header {
	h := make(http.Header, len(fields))
	for _, f := range fields {
		h.Add(f.Name, f.Value)
	}
	return h
}
