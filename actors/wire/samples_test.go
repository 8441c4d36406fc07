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

func logCopy() persistence.Copy {
	c := persistence.Copy{
		Last:    position(9, 43),
		History: records(),
		Keys: []persistence.KeyEntry{
			{Slot: math.MaxUint32, Hash: [16]byte{1, 15: 2}, Body: [16]byte{3}, At: position(7, 41), Time: 5},
			{At: position(0, 1), Time: math.MinInt64},
		},
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
		replication.Promise{Claim: claim, Life: 4, Accepted: 5, AcceptedRing: 6, Birth: 7, Last: position(8, 9), Damaged: true},
		replication.Refuse{},
		replication.Refuse{Claim: claim, Promised: 4, Ring: 5},
		replication.Fetch{},
		replication.Fetch{Claim: claim, Accepted: 4, After: 5},
		replication.Fetched{},
		replication.Fetched{Claim: claim, Accepted: 4, Partial: true, Log: logCopy()},
		replication.Sync{},
		replication.Sync{Claim: claim, Birth: 4, BaseAccepted: 5, BaseSeq: 6, Log: logCopy()},
		replication.Append{},
		replication.Append{Claim: claim, Records: records(), Keys: logCopy().Keys},
		replication.Ack{},
		replication.Ack{Claim: claim, Life: 4, Seq: 5},
		replication.Behind{},
		replication.Behind{Claim: claim, Life: 4, Accepted: 5, Last: position(6, 7)},
		replication.Copied{},
		replication.Copied{Accepted: 4, AcceptedRing: 5, Birth: 6, Log: logCopy()},
	}
}

// bodies has everything that a link carries, full and nearly empty.
func bodies() []wire.Body {
	streams := []wire.Subscriber{{ID: 1, Client: "c", Since: 3}, {}, {ID: math.MaxUint64, Client: strings.Repeat("c", 255), Since: -1}}
	return []wire.Body{
		wire.Attach{Room: lobby},
		wire.Attach{Room: deep, Have: position(1, 2), Known: true},
		wire.Detach{Room: lobby},
		wire.Roster{Room: lobby},
		wire.Roster{Room: deep, Joins: streams, Leaves: []uint64{0, 1, math.MaxUint64}, All: true},
		wire.Attached{Room: lobby},
		wire.Attached{Room: deep, Lineage: logCopy().Lineage, Past: []uint64{1, math.MaxUint64}, Last: position(1, 2), History: records()},
		wire.Frames{Room: lobby},
		wire.Frames{Room: deep, Records: records()},
		wire.Update{Room: lobby},
		wire.Update{Room: deep, Data: []byte("{}")},
		wire.Targeted{Room: lobby},
		wire.Targeted{Room: deep, Client: "c", Event: "e", Data: []byte("{}")},
		wire.Lost{Room: lobby},
		wire.Lost{Room: deep},
	}
}

// samples has every message, full and nearly empty.
func samples() []wire.Message {
	all := []wire.Message{
		wire.Publish{Room: lobby},
		wire.Publish{
			Room: deep, Event: "e", Body: []byte(`{"a":1}`), Stamped: true, Key: strings.Repeat("k", 255), Client: "c",
			Retry: [16]byte{15: 1},
		},
		wire.Published{},
		wire.Published{
			Code: wire.NotOwner, ID: position(1, 2), Data: []byte("{}"), Durability: "quorum-fsync", Copies: 2, Of: 3,
			Subscribers: math.MaxInt, Duplicate: true,
		},
		wire.Describe{Room: lobby},
		wire.Describe{Room: deep},
		wire.Described{},
		wire.Described{
			Code: wire.Overloaded, Owner: "n", Epoch: 2, Seq: 3, ID: "2-3", ConnectionCount: 4, History: 5, IdleMillis: -6,
		},
		wire.Recall{Room: lobby},
		wire.Recalled{},
		wire.Recalled{Code: wire.Unavailable, Records: records()},
		wire.Recalled{Code: math.MaxUint8},
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
	}
	for _, m := range replicated() {
		all = append(all, wire.Replicate{Room: lobby, Message: m}, wire.Replicate{Room: deep, Message: m})
	}
	for _, b := range bodies() {
		all = append(all, wire.LinkMessage{Link: 1, N: 2, Body: b}, wire.LinkMessage{Link: math.MaxUint64, N: math.MaxUint64, Body: b})
	}
	return all
}
