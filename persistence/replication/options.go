package replication

import "github.com/parlor-sse/parlor/persistence"

const (
	// DefaultWindow is how many turns a core keeps in memory.
	DefaultWindow = 1024
	// DefaultWindowBytes is how many bytes of turns and messages a core keeps in
	// memory.
	DefaultWindowBytes = 1 << 20
)

// Options configure a Core.
type Options struct {
	Self        string // name of this node; not empty
	Life        uint64 // of this node's store; not 0
	Incarnation uint64 // unique to this process among all processes ever; not 0

	// Window is how many turns are kept in memory, and how many messages from
	// before these: DefaultWindow when zero, at least History.
	Window int
	// WindowBytes is how many bytes of turns and messages are kept in memory:
	// DefaultWindowBytes when zero. The newest turn and the newest History
	// messages are kept whatever their size; and an owner keeps more turns while
	// a member needs them that is being brought up to date, at most by twice of
	// what the room has stored, and by 256 MiB.
	WindowBytes int
	// History is how many of its newest messages the store keeps:
	// persistence.DefaultHistory when zero.
	History int
	// StorageBytes bounds what a room may have stored: keys and values.
	// persistence.MaxStorageBytes when zero, or when above that. A turn, or a
	// copy, that goes beyond is not taken; a room's own limit should be lower, so
	// that it can say no.
	StorageBytes int
}

func (o Options) withDefaults() Options {
	if o.History <= 0 {
		o.History = persistence.DefaultHistory
	}
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	if o.WindowBytes <= 0 {
		o.WindowBytes = DefaultWindowBytes
	}
	if o.StorageBytes <= 0 || o.StorageBytes > persistence.MaxStorageBytes {
		o.StorageBytes = persistence.MaxStorageBytes
	}
	o.Window = max(o.Window, o.History)
	return o
}
