package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/persistence"
)

// Headers of the records that a Producer writes. A Consumer reads HeaderRoom and
// HeaderEvent.
const (
	HeaderID    = "id"    // of the message in its room, as "7-42"
	HeaderRoom  = "room"  // the room's name, which is also the record's key
	HeaderKind  = "kind"  // the room's kind
	HeaderEvent = "event" // the message's event name
	HeaderError = "error" // why the value is missing: ErrorTooLarge
)

// ErrorTooLarge is the HeaderError of a message that the topic does not take
// because of its size. Its record has all else, and an empty value.
const ErrorTooLarge = "message_too_large"

// newRecord returns a message as the record that tells of it. The key is the
// room's name alone, so that the messages of a room are in one partition.
func newRecord(room persistence.RoomKey, m *persistence.Record) *kgo.Record {
	return &kgo.Record{
		Key:       []byte(room.Name),
		Value:     m.Data,
		Timestamp: time.UnixMilli(m.Time),
		Headers: []kgo.RecordHeader{
			{Key: HeaderID, Value: m.Position.Append(nil)},
			{Key: HeaderRoom, Value: []byte(room.Name)},
			{Key: HeaderKind, Value: []byte(room.Kind)},
			{Key: HeaderEvent, Value: []byte(m.Event)},
		},
	}
}

// newStub returns the record that stands for a message that is too large. The
// value is empty rather than missing: that would have a compacted topic forget
// the room.
func newStub(room persistence.RoomKey, m *persistence.Record) *kgo.Record {
	r := newRecord(room, m)
	r.Value = []byte{}
	r.Headers = append(r.Headers, kgo.RecordHeader{Key: HeaderError, Value: []byte(ErrorTooLarge)})
	return r
}

// recordOverhead is what a record weighs besides the room's name twice, its kind,
// its event and its data, in bytes: the names of headers, the id, and structures.
const recordOverhead = 256

// weight returns what the messages take while they are under way, in bytes.
func weight(room persistence.RoomKey, messages []persistence.Record) int {
	n := len(messages) * (recordOverhead + 2*len(room.Name) + len(room.Kind))
	for i := range messages {
		n += len(messages[i].Data) + len(messages[i].Event)
	}
	return n
}
