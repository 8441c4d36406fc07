package persistence

import "errors"

var (
	// ErrClosed is returned by every method of a store or committer after Close.
	ErrClosed = errors.New("store closed")
	// ErrLocked reports a data directory that another process has open.
	ErrLocked = errors.New("data directory is locked by another process")
	// ErrFormat reports data written by a newer version of the program.
	ErrFormat = errors.New("data has a newer format than this program understands")
	// ErrCorrupt reports stored bytes whose checksum or shape is wrong. What is
	// corrupt is never served as whole.
	ErrCorrupt = errors.New("stored data is corrupt")
)

// RoomKey names a room in a store: its kind and its name. Both are non-empty
// and free of NUL bytes; at most 255 bytes each.
type RoomKey struct {
	Kind string
	Name string
}

// String returns "kind/name", for logs.
func (k RoomKey) String() string { return k.Kind + "/" + k.Name }

// Record is one committed message. Its bytes belong to nobody once it was
// handed to a store or received from one: they are never changed again, by
// anyone, so they may be shared freely between goroutines.
type Record struct {
	Position
	Time  int64  // unix milliseconds at which the owner accepted it
	Event string // SSE event name, at most 64 bytes
	Data  []byte // one compact JSON object, at most 64 KiB and its timestamp
}

// KeyEntry remembers one Idempotency-Key of a room.
type KeyEntry struct {
	Slot   uint32   // where the store keeps it; writing a slot replaces what it held
	Hash   [16]byte // of the key
	Body   [16]byte // of what was asked under it: the same key with something else is refused
	Turn   uint64   // that did it
	At     Position // of the first message of that turn; zero without one
	Time   int64    // unix milliseconds of the turn
	Answer []byte   // what was answered besides the position, at most MaxAnswerBytes; nil for nothing
}

// State is all that a store knows of one room.
type State struct {
	Head
	History []Record   // the newest records, oldest first, contiguous up to Last, at most the store's history size
	Keys    []KeyEntry // in no particular order
	Storage *Storage   // nil if nothing is stored; the caller's
	Fence   Fence      // zero for a room that only ever lived on a node of its own
	// Damaged tells that stored bytes of the room were found damaged and left
	// out: History is shorter than what was committed, or Keys lack an entry, or
	// Torn is set.
	Damaged bool
	// Torn tells that stored items are damaged or missing: Storage is nil, and
	// what was stored must not be taken for empty.
	Torn bool
}

// Write is one change of a room, made durable as a whole: a turn, a new fence, a
// whole copy that replaces what was there, or the end of a copy. Exactly one of
// Turn, Copy, Forget, or Fence alone, says which. What a write refers to is never
// changed after it was handed to a committer or a store.
type Write struct {
	Room   RoomKey
	Turn   *Turn
	Head   Head   // after the turn; zero without one
	Fence  *Fence // replaces the room's fence; nil leaves it as it is; required with a copy
	Copy   *Copy  // replaces the room's order, history, keys and storage
	Forget bool   // removes all that is stored of the room, its fence too
}

// Copy is what one copy of a room holds besides its fence.
type Copy struct {
	Head
	History []Record   // oldest first, contiguous, up to Last, which is among them; a store keeps the newest
	Keys    []KeyEntry // no two in one slot, none newer than Turn
	Storage *Storage   // nil if nothing is stored; nobody changes it any more
}

// Life is a store's own fence number. A store takes a new one each time it is
// opened after an end that was not clean, because then its newest writes may
// be missing without a trace; rooms raise their epoch to it. It survives a
// clean close.
type Life struct {
	Epoch uint64   // unix milliseconds or more; only ever rises; the epoch of rooms that the store does not know
	Past  []uint64 // earlier lives, oldest first, at most MaxSpans
}

// Store keeps rooms. Every implementation passes persistencetest.Run.
//
// Load, Rooms and Life may be called from any goroutine at any time; Commit is
// called by one goroutine at a time, the Committer's. After Close every method
// returns ErrClosed, Close included.
type Store interface {
	// Life returns the store's life; constant while the store is open.
	Life() Life

	// Load returns the room's state as of the last Commit that returned, or a
	// zero State for a room that is not known: what is not durable yet is never
	// seen. It may read from disk, and wait for a Commit that holds a write to
	// the room. The State is the caller's, its records' and items' bytes are
	// shared.
	//
	// Damage never passes for data. History is the longest run of sound records
	// that ends at Last: no gap, no record that fails its checksum or that the
	// lineage does not admit; it is empty when the newest record itself is
	// damaged, and Damaged says so. Without a sound lineage and Last nothing
	// can be trusted, and the error is ErrCorrupt; likewise if the room has a
	// fence that cannot be read, which must not pass for one that promised
	// nothing. Storage is whole or nil: Torn tells that it is nil because of
	// damage.
	Load(RoomKey) (*State, error)

	// Commit makes all writes durable, or none: when it returns nil they survive
	// the death of the process and of the machine (as far as the store's
	// durability goes), in a later Load all of them are seen. Writes to one room
	// act in the order given, whatever their kinds. Its turns come in their order,
	// without holes, from 1, and the head with each is the one before it After the
	// turn; a copy, or an end, begins a new order, which the turns after it
	// continue. Of what was there before a copy or an end nothing is seen again.
	//
	// After an error the store is in an unknown state and the process should end:
	// a failed fsync is never retried. Only ErrInvalid, for a write that breaks
	// the contract of Write, is returned before anything was written. Commit
	// keeps no reference to the slice, only to the bytes of records and items.
	Commit([]Write) error

	// Rooms calls yield for rooms in the order of (kind, name), from the first
	// that is not below from, until yield returns false. It sees the rooms as of
	// its start, each once. The position is that of the room's newest record, or
	// zero for a room without one, be it that only a fence is known or that its
	// turns had no message, and for a room whose newest record cannot be told
	// because of damage: Load says ErrCorrupt. The yield function may call the
	// store, but for Close, which waits for it.
	Rooms(from RoomKey, yield func(RoomKey, Position) bool) error

	// Alarms calls yield for rooms whose alarm is due at until or before, in unix
	// milliseconds, the earliest first and those of one time in the order of
	// (kind, name), until yield returns false. It sees the rooms as of its start,
	// each once, and reads no more of them than it yields. The yield function may
	// call the store, but for Close, which waits for it.
	Alarms(until int64, yield func(room RoomKey, at int64) bool) error

	// Find returns the room of the kind with the object id, if the store holds
	// anything of it but a fence. What is no object id of the kind is no room's. It
	// may wait for a Commit that is under way.
	Find(kind, objectID string) (RoomKey, bool, error)

	// Close ends the store cleanly: the next open continues its life.
	Close() error
}
