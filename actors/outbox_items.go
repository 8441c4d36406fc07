package actors

import (
	"encoding/binary"
	"strings"

	"github.com/parlor-sse/parlor/persistence"
)

// Where an outbox is stored: its note, and under longer keys its messages, by
// lane and seq. All sort before a roster.
const (
	outboxItem  = "o"
	hookItem    = "oh"
	messageItem = "om"
)

// OutboxPart is what an item is that a room stores for sinks.
type OutboxPart uint8

// Parts of an outbox.
const (
	NoOutboxPart  OutboxPart = iota // the item is none of an outbox's
	OutboxNote                      // how far the sinks are, and when they are seen to
	OutboxMessage                   // a message that Config.Sink has yet to take
	OutboxHook                      // an event that Config.Hooks has yet to take
)

// OutboxPartOf says what the item under a key of persistence.Storage is, and for a
// message its seq, for an event the number of the turn that tells it.
func OutboxPartOf(key string) (part OutboxPart, number uint64) {
	if key == outboxItem {
		return OutboxNote, 0
	}
	if rest, ok := strings.CutPrefix(key, messageItem); ok && len(rest) == 8 {
		return OutboxMessage, binary.BigEndian.Uint64([]byte(rest))
	}
	if rest, ok := strings.CutPrefix(key, hookItem); ok && len(rest) == 8 {
		return OutboxHook, binary.BigEndian.Uint64([]byte(rest)) >> turnShift
	}
	return NoOutboxPart, 0
}

// StillToDeliver returns what a room's outbox would have stored of messages had they
// left the room's history one by one: of those that are not delivered. It is what
// pebblestore.Config.Leaving wants; storage is what the room stores, and no longer has.
func StillToDeliver(messages []persistence.Record, storage *persistence.Storage) []persistence.Item {
	value, _ := storage.Get(outboxItem)
	n, ok := decodeNote(value)
	if !ok { // all is delivered
		return nil
	}
	l := lane{item: messageItem}
	var items []persistence.Item
	for i := range messages {
		if messages[i].Seq > n.past {
			items = append(items, l.itemOf(&messages[i]))
		}
	}
	return items
}

// turnShift is where in the seq of what is told of a room the number of the turn
// begins that tells it.
const turnShift = 8

func itemKey(prefix string, seq uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefix), seq))
}

func (l *lane) itemOf(r *persistence.Record) persistence.Item {
	return persistence.Item{Key: itemKey(l.item, r.Seq), Value: appendParcel(make([]byte, 0, parcelSize(r)), r)}
}

const parcelHead = 8 + 8 + 8 + 1 // epoch, seq, time, length of the event's name

// parcelSize returns the length of a stored message.
func parcelSize(r *persistence.Record) int { return parcelHead + len(r.Event) + len(r.Data) }

// appendParcel appends a message in the form in which it is stored. The event's
// name is within persistence.MaxEventBytes.
func appendParcel(dst []byte, r *persistence.Record) []byte {
	dst = binary.BigEndian.AppendUint64(dst, r.Epoch)
	dst = binary.BigEndian.AppendUint64(dst, r.Seq)
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.Time))
	dst = append(append(dst, byte(len(r.Event))), r.Event...)
	return append(dst, r.Data...)
}

// decodeParcel reads what appendParcel made. The record's data is part of b.
func decodeParcel(b []byte) (r persistence.Record, ok bool) {
	if len(b) < parcelHead || len(b) < parcelHead+int(b[parcelHead-1]) {
		return r, false
	}
	rest := b[parcelHead:]
	n := int(b[parcelHead-1])
	return persistence.Record{
		Position: persistence.Position{Epoch: binary.BigEndian.Uint64(b), Seq: binary.BigEndian.Uint64(b[8:])},
		Time:     int64(binary.BigEndian.Uint64(b[16:])), Event: string(rest[:n]), Data: rest[n:],
	}, true
}

const noteSize = 8 + 8 + 8 + 4

func appendNote(dst []byte, n *note) []byte {
	dst = binary.BigEndian.AppendUint64(dst, n.past)
	dst = binary.BigEndian.AppendUint64(dst, uint64(n.wake))
	dst = binary.BigEndian.AppendUint64(dst, uint64(n.alarm.At))
	return binary.BigEndian.AppendUint32(dst, n.alarm.Retry)
}

// decodeNote reads what appendNote made.
func decodeNote(b []byte) (n note, ok bool) {
	if len(b) != noteSize {
		return n, false
	}
	return note{
		past: binary.BigEndian.Uint64(b), wake: int64(binary.BigEndian.Uint64(b[8:])),
		alarm: persistence.Alarm{At: int64(binary.BigEndian.Uint64(b[16:])), Retry: binary.BigEndian.Uint32(b[24:])},
	}, true
}
