package wire

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// Replicate carries what the copies of a room say to each other. Its records'
// data, decoded from a small message, alias the input.
type Replicate struct {
	Room    persistence.RoomKey
	Message replication.Message // any of its structs, as a value; not nil
}

func (Replicate) wire() {}

func (r *Replicate) append(dst []byte) []byte {
	switch m := r.Message.(type) {
	case replication.Prepare:
		return appendClaimed(dst, kindPrepare, r.Room, m.Claim)
	case replication.Promise:
		return appendPromise(dst, r.Room, &m)
	case replication.Refuse:
		dst = appendClaimed(dst, kindRefuse, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Promised)
		return appendUint(dst, 4, m.Ring)
	case replication.Fetch:
		dst = appendClaimed(dst, kindFetch, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Accepted)
		return appendUint(dst, 4, m.After)
	case replication.Fetched:
		return appendFetched(dst, r.Room, &m)
	case replication.Sync:
		return appendSync(dst, r.Room, &m)
	case replication.Append:
		dst = appendClaimed(dst, kindAppend, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.First)
		return appendTurns(dst, 4, m.Turns)
	case replication.Ack:
		dst = appendClaimed(dst, kindAck, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Life)
		return appendUint(dst, 4, m.Turn)
	case replication.Behind:
		dst = appendClaimed(dst, kindBehind, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Life)
		dst = appendUint(dst, 4, m.Accepted)
		return appendUint(dst, 5, m.Turn)
	case replication.Copied:
		return appendCopied(dst, r.Room, &m)
	case replication.Check:
		dst = appendClaimed(dst, kindCheck, r.Room, m.Claim)
		return appendUint(dst, 3, m.Round)
	case replication.Checked:
		dst = appendClaimed(dst, kindChecked, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Life)
		return appendUint(dst, 4, m.Round)
	}
	panic("wire: no message between copies: " + nameOf(r.Message))
}

// appendClaimed appends what the messages under a claim begin with.
func appendClaimed(dst []byte, k kind, room persistence.RoomKey, c replication.Claim) []byte {
	dst = appendRoom(head(dst, k), 1, room)
	return appendClaim(dst, 2, c)
}

func appendPromise(dst []byte, room persistence.RoomKey, m *replication.Promise) []byte {
	dst = appendClaimed(dst, kindPromise, room, m.Claim)
	dst = appendUint(dst, 3, m.Life)
	dst = appendUint(dst, 4, m.Accepted)
	dst = appendUint(dst, 5, m.AcceptedRing)
	dst = appendUint(dst, 6, m.Birth)
	dst = appendUint(dst, 7, m.Turn)
	dst = appendPosition(dst, 8, m.Last)
	dst = appendUint(dst, 9, m.Bytes)
	dst = appendBool(dst, 10, m.Damaged)
	return appendBool(dst, 11, m.Torn)
}

func appendFetched(dst []byte, room persistence.RoomKey, m *replication.Fetched) []byte {
	dst = slices.Grow(dst, turnsSize(m.Turns)+copySize(&m.Log))
	dst = appendClaimed(dst, kindFetched, room, m.Claim)
	dst = appendUint(dst, 3, m.Accepted)
	dst = appendBool(dst, 4, m.Partial)
	dst = appendBool(dst, 5, m.Damaged)
	dst = appendTurns(dst, 6, m.Turns)
	return appendCopy(dst, 7, &m.Log)
}

func appendSync(dst []byte, room persistence.RoomKey, m *replication.Sync) []byte {
	dst = slices.Grow(dst, turnsSize(m.Turns)+copySize(&m.Log))
	dst = appendClaimed(dst, kindSync, room, m.Claim)
	dst = appendUint(dst, 3, m.Birth)
	dst = appendUint(dst, 4, m.BaseAccepted)
	dst = appendUint(dst, 5, m.BaseTurn)
	dst = appendTurns(dst, 6, m.Turns)
	return appendCopy(dst, 7, &m.Log)
}

func appendCopied(dst []byte, room persistence.RoomKey, m *replication.Copied) []byte {
	dst = slices.Grow(dst, copySize(&m.Log))
	dst = appendRoom(head(dst, kindCopied), 1, room)
	dst = appendUint(dst, 2, m.Accepted)
	dst = appendUint(dst, 3, m.AcceptedRing)
	dst = appendUint(dst, 4, m.Birth)
	return appendCopy(dst, 5, &m.Log)
}
