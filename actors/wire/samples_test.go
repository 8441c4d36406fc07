package wire_test

import (
	"bytes"
	"math"
	"strings"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

var (
	lobby = persistence.RoomKey{Kind: "room", Name: "lobby"}
	deep  = persistence.RoomKey{Kind: strings.Repeat("k", 255), Name: strings.Repeat("n", 255)}
)

func position(epoch, seq uint64) persistence.Position {
	return persistence.Position{Epoch: epoch, Seq: seq}
}

func records() []persistence.Record {
	return []persistence.Record{
		{Position: position(7, 41), Time: 1_700_000_000_123, Event: "broadcast", Data: []byte(`{"a":1}`)},
		{Position: position(0, 1), Time: -1},
		{
			Position: position(math.MaxUint64, math.MaxUint64), Time: math.MinInt64,
			Event: strings.Repeat("e", persistence.MaxEventBytes), Data: bytes.Repeat([]byte("x"), persistence.MaxDataBytes),
		},
	}
}

func keys() []persistence.KeyEntry {
	return []persistence.KeyEntry{
		{
			Slot: math.MaxUint32, Hash: [16]byte{1, 15: 2}, Body: [16]byte{3}, Turn: math.MaxUint64, At: position(7, 41), Time: 5,
			Answer: bytes.Repeat([]byte("a"), persistence.MaxAnswerBytes),
		},
		{Turn: 1, Time: math.MinInt64},
	}
}

func items() []persistence.Item {
	return []persistence.Item{
		{Key: "\x00"},
		{Key: "a", Value: []byte("1")},
		{Key: strings.Repeat("k", persistence.MaxKeyBytes), Value: bytes.Repeat([]byte("v"), persistence.MaxValueBytes)},
	}
}

// turns has turns that do everything, one thing, and nothing.
func turns() []persistence.Turn {
	run := []persistence.Record{
		{Position: position(7, 41), Time: 1_700_000_000_123, Event: "broadcast", Data: []byte(`{"a":1}`)},
		{Position: position(7, 42)},
	}
	return []persistence.Turn{
		{},
		{Records: run[:1]},
		{Key: &keys()[1]},
		{Change: &persistence.Change{}},
		{Change: &persistence.Change{Clear: true, Alarm: &persistence.Alarm{}}},
		{Change: &persistence.Change{Deletes: []string{"\x00", "a"}}},
		{
			Records: run, Key: &keys()[0],
			Change: &persistence.Change{
				Puts: items(), Deletes: []string{"b", strings.Repeat("d", persistence.MaxKeyBytes)},
				Alarm: &persistence.Alarm{At: math.MaxInt64, Retry: math.MaxUint32},
			},
		},
	}
}

func logCopy() persistence.Copy {
	c := persistence.Copy{
		Head: persistence.Head{
			Turn: 99, Uneven: true, Last: position(9, 43), Alarm: persistence.Alarm{At: 1, Retry: 2},
			Items: 3, Bytes: math.MaxUint64,
		},
		History: records(),
		Keys:    keys(),
		Storage: persistence.NewStorage(items()),
	}
	for i := range uint64(persistence.MaxSpans) {
		c.Lineage = append(c.Lineage, persistence.Span{Epoch: i, First: math.MaxUint64 - i})
	}
	return c
}

// replicated has every message between copies, full and empty.
func replicated() []replication.Message {
	claim := replication.Claim{Epoch: 1, Holder: math.MaxUint64, Ring: 3, Since: 2}
	return []replication.Message{
		replication.Prepare{},
		replication.Prepare{Claim: claim},
		replication.Promise{},
		replication.Promise{Claim: claim, Life: 4, Accepted: 5, AcceptedRing: 6, Birth: 7, Turn: 8, Last: position(9, 10), Bytes: 11, Damaged: true},
		replication.Promise{Torn: true},
		replication.Refuse{},
		replication.Refuse{Claim: claim, Promised: 4, Ring: 5},
		replication.Fetch{},
		replication.Fetch{Claim: claim, Accepted: 4, After: 5},
		replication.Fetched{},
		replication.Fetched{Claim: claim, Accepted: 4, Partial: true, Damaged: true, Turns: turns(), Log: logCopy()},
		replication.Sync{},
		replication.Sync{Claim: claim, Birth: 4, BaseAccepted: 5, BaseTurn: 6, Turns: turns(), Log: logCopy()},
		replication.Append{},
		replication.Append{Claim: claim, First: 4, Turns: turns()},
		replication.Ack{},
		replication.Ack{Claim: claim, Life: 4, Turn: 5},
		replication.Behind{},
		replication.Behind{Claim: claim, Life: 4, Accepted: 5, Turn: 6},
		replication.Copied{},
		replication.Copied{Accepted: 4, AcceptedRing: 5, Birth: 6, Log: logCopy()},
		replication.Copied{Log: persistence.Copy{Head: persistence.Head{Turn: 1}}},
		replication.Check{},
		replication.Check{Claim: claim, Round: 4},
		replication.Checked{},
		replication.Checked{Claim: claim, Life: 4, Round: 5},
	}
}

func people() []wire.Person {
	return []wire.Person{
		{Subscriber: wire.Subscriber{ID: 1, Client: "c", User: "u", Since: 3}, Node: "n1"}, {},
		{Subscriber: wire.Subscriber{ID: math.MaxUint64, User: strings.Repeat("u", 255), Since: -1}, Node: strings.Repeat("n", 255)},
	}
}

// bodies has everything that a link carries, full and nearly empty.
func bodies() []wire.Body {
	streams := []wire.Subscriber{
		{ID: 1, Client: "c", User: "u", Since: 3}, {},
		{ID: math.MaxUint64, Client: strings.Repeat("c", 255), User: strings.Repeat("u", 255), Since: -1},
	}
	return []wire.Body{
		wire.Attach{Room: lobby},
		wire.Attach{Room: deep, Have: position(1, 2), Known: true},
		wire.Detach{Room: lobby},
		wire.Roster{Room: lobby},
		wire.Roster{Room: deep, Joins: streams, Leaves: []uint64{0, 1, math.MaxUint64}, All: true, Watch: true, List: true},
		wire.Attached{Room: lobby},
		wire.Attached{Room: deep, Lineage: logCopy().Lineage, Past: []uint64{1, math.MaxUint64}, Last: position(1, 2), History: records()},
		wire.Frames{Room: lobby},
		wire.Frames{Room: deep, Records: records()},
		wire.Update{Room: lobby},
		wire.Update{Room: deep, Event: "e", Data: []byte("{}")},
		wire.Targeted{Room: lobby},
		wire.Targeted{Room: deep, Client: "c", User: "u", Event: "e", Data: []byte("{}")},
		wire.Kick{Room: lobby},
		wire.Kick{Room: deep, Client: "c", User: "u", Streams: []uint64{0, math.MaxUint64}, By: "n:1"},
		wire.Presence{Room: lobby},
		wire.Presence{Room: deep, Change: wire.Left, People: people(), Count: 4, More: true},
		wire.Lost{Room: lobby},
		wire.Lost{Room: deep},
	}
}

// requests has every request to a room's owner and every answer, full and
// nearly empty.
func requests() []wire.Message {
	header := make([]wire.Field, wire.MaxFields)
	for i := range header {
		header[i] = wire.Field{Name: "n"}
	}
	header[1].Value = strings.Repeat("v", wire.MaxHeaderBytes-wire.MaxFields)
	body := bytes.Repeat([]byte("b"), wire.MaxBodyBytes)
	return []wire.Message{
		wire.Publish{Room: lobby},
		wire.Publish{
			Room: deep, Event: "e", Body: []byte(`{"a":1}`), Stamped: true, Key: strings.Repeat("k", 255), Client: "c",
			User: "u", Source: strings.Repeat("s", 255), Offset: math.MaxUint64,
			Retry: [16]byte{15: 1},
		},
		wire.Published{},
		wire.Published{
			Code: wire.NotOwner, ID: position(1, 2), Data: []byte("{}"), Durability: "quorum-fsync", Copies: 2, Of: 3,
			Subscribers: math.MaxInt, Duplicate: true, Answer: []byte("{}"), Dropped: true,
		},
		wire.Published{
			Code: wire.Refused, Reason: strings.Repeat("r", wire.MaxReasonBytes), Message: strings.Repeat("m", wire.MaxSentenceBytes),
			Status: 599,
		},
		wire.Call{Room: lobby},
		wire.Call{
			Room: deep, Method: strings.Repeat("M", wire.MaxMethodBytes), Target: strings.Repeat("t", wire.MaxTargetBytes),
			Header: header, Body: body, Key: "k", Retry: [16]byte{1}, Caller: strings.Repeat("f", wire.MaxObjectIDBytes),
		},
		wire.Called{},
		wire.Called{
			Code: wire.Torn, Status: 999, Header: header, Body: body, Duplicate: true,
			Reason: strings.Repeat("r", wire.MaxReasonBytes), Message: strings.Repeat("m", wire.MaxSentenceBytes),
		},
		wire.Muster{Room: lobby},
		wire.Muster{Room: deep},
		wire.Mustered{},
		wire.Mustered{Code: wire.Unavailable, People: people(), Total: math.MaxInt},
		wire.Cut{Room: lobby},
		wire.Cut{Room: deep, Client: strings.Repeat("c", 255)},
		wire.CutOff{},
		wire.CutOff{Code: wire.NotOwner, Streams: math.MaxInt},
		wire.Create{Room: deep},
		wire.Created{},
		wire.Created{Code: wire.NoKind},
		wire.Find{Kind: deep.Kind, ID: strings.Repeat("f", wire.MaxObjectIDBytes)},
		wire.Found{},
		wire.Found{Code: wire.NotFound},
		wire.Found{Room: deep, OK: true},
		wire.Describe{Room: lobby},
		wire.Describe{Room: deep},
		wire.Described{},
		wire.Described{
			Code: wire.Overloaded, Owner: "n", Epoch: 2, Seq: 3, ID: "2-3", ConnectionCount: 4, History: 5, IdleMillis: -6,
			Turn: 7, Items: 8, Bytes: 9, Alarm: math.MaxInt64,
		},
		wire.Recall{Room: lobby},
		wire.Recalled{},
		wire.Recalled{Code: wire.Unavailable, Records: records()},
		wire.Recalled{Code: math.MaxUint8},
	}
}

// samples has every message, full and nearly empty.
func samples() []wire.Message {
	all := append(requests(),
		wire.Open{},
		wire.Open{Link: 1},
		wire.Reset{},
		wire.Reset{Link: 1},
		wire.Beat{},
		wire.Beat{Link: 1, Sent: 2, Received: 3},
		wire.Contact{},
		wire.Contact{Hears: true},
		wire.Adopt{},
		wire.Adopt{Ring: 1, Rooms: []persistence.RoomKey{lobby, deep}},
		wire.Adopted{},
		wire.Adopted{Ring: 1, Rooms: []persistence.RoomKey{lobby, deep}},
		wire.Pull{},
		wire.Pull{Ring: 1, After: lobby, Limit: 2},
		wire.Pulled{},
		wire.Pulled{
			Ring: 1, After: lobby, Next: deep, More: true,
			Copies: []wire.PulledCopy{{Room: lobby}, {Room: deep, Accepted: 1, AcceptedRing: 2, Birth: 3, Copy: logCopy()}},
		},
		wire.Offer{Room: lobby, Bytes: 1},
		wire.Offer{Room: deep, ID: 1, Bytes: math.MaxUint64, Sum: math.MaxUint64},
		wire.Want{},
		wire.Want{ID: 1, Offset: math.MaxUint64, N: wire.MaxPartBytes},
		wire.Part{},
		wire.Part{ID: 1, Offset: 2, Data: bytes.Repeat([]byte("p"), wire.MaxPartBytes)},
		wire.Drop{},
		wire.Drop{ID: 1, Done: true},
	)
	for _, m := range replicated() {
		all = append(all, wire.Replicate{Room: lobby, Message: m}, wire.Replicate{Room: deep, Message: m})
	}
	for _, b := range bodies() {
		all = append(all, wire.LinkMessage{Link: 1, N: 2, Body: b}, wire.LinkMessage{Link: math.MaxUint64, N: math.MaxUint64, Body: b})
	}
	return all
}
