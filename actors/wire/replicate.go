package wire

import (
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// Replicate carries what the copies of a room say to each other. Its records'
// data, decoded, alias the input.
type Replicate struct {
	Room    persistence.RoomKey
	Message replication.Message // any of its ten, as a value; not nil
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
		dst = appendClaimed(dst, kindFetched, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Accepted)
		dst = appendBool(dst, 4, m.Partial)
		return appendCopy(dst, 5, &m.Log)
	case replication.Sync:
		return appendSync(dst, r.Room, &m)
	case replication.Append:
		dst = appendClaimed(dst, kindAppend, r.Room, m.Claim)
		dst = appendRecords(dst, 3, m.Records)
		return appendKeys(dst, 4, m.Keys)
	case replication.Ack:
		dst = appendClaimed(dst, kindAck, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Life)
		return appendUint(dst, 4, m.Seq)
	case replication.Behind:
		dst = appendClaimed(dst, kindBehind, r.Room, m.Claim)
		dst = appendUint(dst, 3, m.Life)
		dst = appendUint(dst, 4, m.Accepted)
		return appendPosition(dst, 5, m.Last)
	case replication.Copied:
		return appendCopied(dst, r.Room, &m)
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
	dst = appendPosition(dst, 7, m.Last)
	return appendBool(dst, 8, m.Damaged)
}

func appendSync(dst []byte, room persistence.RoomKey, m *replication.Sync) []byte {
	dst = appendClaimed(dst, kindSync, room, m.Claim)
	dst = appendUint(dst, 3, m.Birth)
	dst = appendUint(dst, 4, m.BaseAccepted)
	dst = appendUint(dst, 5, m.BaseSeq)
	return appendCopy(dst, 6, &m.Log)
}

func appendCopied(dst []byte, room persistence.RoomKey, m *replication.Copied) []byte {
	dst = appendRoom(head(dst, kindCopied), 1, room)
	dst = appendUint(dst, 2, m.Accepted)
	dst = appendUint(dst, 3, m.AcceptedRing)
	dst = appendUint(dst, 4, m.Birth)
	return appendCopy(dst, 5, &m.Log)
}
