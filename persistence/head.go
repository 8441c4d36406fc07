package persistence

// Head is the fixed part of a room's state, which every turn rewrites.
type Head struct {
	// Turn is the number of the room's newest turn. Turns are numbered from 1,
	// without holes; 0 is a room that never committed anything.
	Turn uint64
	// Uneven tells that some turn was not exactly one message and nothing else,
	// so that turns and seqs count apart. Until then Turn is Last.Seq, and the
	// room has neither storage nor an alarm.
	Uneven  bool
	Last    Position // of the newest message; zero for a room without one
	Lineage Lineage  // empty for a room without a message
	Alarm   Alarm    // changes only in turns whose Change is not nil
	Items   uint64   // stored items
	Bytes   uint64   // of their keys and values
}

// Alarm is when a room wants to be called. The zero Alarm is none.
type Alarm struct {
	At    int64  // unix milliseconds; 0 for no alarm
	Retry uint32 // how many times it was tried before; 0 for no alarm
}

// Turn is what one commit adds to a room: as many messages as were sent, what
// became of the storage, and the idempotency key under which all that was asked.
// A turn is never changed once it was handed to anybody.
type Turn struct {
	Records []Record  // contiguous, of one epoch, following on the newest message; may be empty
	Key     *KeyEntry // nil without one
	Change  *Change   // nil if storage and alarm stay as they are
}

// Change is what a turn does to a room's storage and alarm.
type Change struct {
	Clear   bool     // everything stored before is removed first
	Puts    []Item   // by key, no two alike
	Deletes []string // by key, no two alike, none of them put
	Alarm   *Alarm   // replaces the alarm, the zero Alarm removes it; nil leaves it as it is
}

// Item is a stored value under its key. Neither is ever changed.
type Item struct {
	Key   string
	Value []byte
}

// After returns the head that a turn leaves behind, given the storage that it
// leaves behind. The storage is looked at only if the turn has a change.
func (h Head) After(t *Turn, storage *Storage) Head {
	h.Turn++
	if len(t.Records) != 1 || t.Change != nil {
		h.Uneven = true
	}
	if n := len(t.Records); n > 0 {
		if first := t.Records[0].Position; h.Lineage.Current() != first.Epoch {
			h.Lineage = h.Lineage.Begin(first.Epoch, first.Seq)
		}
		h.Last = t.Records[n-1].Position
	}
	if t.Change != nil {
		if a := t.Change.Alarm; a != nil {
			h.Alarm = *a
		}
		h.Items, h.Bytes = uint64(storage.Len()), uint64(storage.Bytes())
	}
	return h
}
