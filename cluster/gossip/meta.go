package gossip

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxMeta bounds the encoded form of a Meta, in bytes.
const MaxMeta = 512

// Meta is what a node says of itself. Its text must be printable, and its
// encoded form at most MaxMeta bytes, of which all but the text takes less
// than 80.
type Meta struct {
	Cluster  string // id of the cluster it belongs to; empty before it belongs to any
	Life     uint64 // of its store
	Raft     string // id of its Raft store
	Port     uint16 // of Raft and control
	Actors   uint16 // port of its actors
	Roles    Roles
	Expect   uint8  // nodes it waits for before it forms a cluster
	Replicas uint8  // copies of a room
	History  uint16 // messages kept a room
	Leaving  bool   // it wants to hold nothing any more
	Started  uint64 // incarnation of the process: later ones are higher, as a clock's time at the start is
	HTTP     string // its public address, for operators

	// farewell says that the node is about to end by its own will. Memberlist
	// does not tell its delegates whether a node left or died.
	farewell bool
}

// Roles is a bit set of what a node does.
type Roles uint8

// The roles. Bits of roles that this version does not know are kept.
const (
	RoleFront Roles = 1 << iota // talks HTTP
	RoleRoom                    // owns and stores rooms
)

// Has reports whether all of want are among r.
func (r Roles) Has(want Roles) bool { return r&want == want }

// check reports why m cannot be spread, as ErrMeta, or nil.
func (m Meta) check() error {
	for _, text := range []string{m.Cluster, m.Raft, m.HTTP} {
		if !printable(text) {
			return fmt.Errorf("%q: %w", text, ErrMeta)
		}
	}
	m.farewell = true // leave room for it
	if n := len(AppendMeta(nil, m)); n > MaxMeta {
		return fmt.Errorf("%d bytes, more than %d: %w", n, MaxMeta, ErrMeta)
	}
	return nil
}

// printable reports whether text can go to a log and a terminal as it is.
func printable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}
