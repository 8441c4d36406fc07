package actors

import (
	"errors"
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
	{wire.UnknownOutcome, ErrUnknownOutcome},
	{wire.KeyConflict, ErrKeyConflict},
	{wire.KeysExhausted, ErrKeysExhausted},
	{wire.NotOwner, errMoved},
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
		return wire.Published{
			Code: codeOf(m.err), ID: r.ID, Data: r.Data, Durability: r.Durability, Copies: r.Copies, Of: r.Of,
			Subscribers: r.Subscribers, Duplicate: r.Duplicate,
		}
	case RoomInfo:
		return wire.Described{
			Owner: m.Owner, Epoch: m.Epoch, Seq: m.Seq, ID: m.ID, ConnectionCount: m.ConnectionCount,
			History: m.History, IdleMillis: int64(m.IdleSeconds * 1000),
		}
	case []persistence.Record:
		return wire.Recalled{Records: m}
	}
	return nil
}

// answered returns a room's answer from another node as a room of this node
// would give it.
func answered(key persistence.RoomKey, m wire.Message) (any, error) {
	switch m := m.(type) {
	case wire.Published:
		return published{receipt: Receipt{
			ID: m.ID, Data: m.Data, Durability: m.Durability, Copies: m.Copies, Of: m.Of,
			Subscribers: m.Subscribers, Duplicate: m.Duplicate,
		}}, errorOf(m.Code)
	case wire.Described:
		return RoomInfo{
			Room: key.Name, Kind: key.Kind, DurableObjectID: ObjectID(key), Owner: m.Owner,
			Epoch: m.Epoch, Seq: m.Seq, ID: m.ID, ConnectionCount: m.ConnectionCount, History: m.History,
			IdleSeconds: (time.Duration(m.IdleMillis) * time.Millisecond).Seconds(),
		}, errorOf(m.Code)
	case wire.Recalled:
		return m.Records, errorOf(m.Code)
	}
	return nil, ErrUnknownOutcome
}
