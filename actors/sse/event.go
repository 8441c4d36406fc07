package sse

import "time"

// MaxNameLen bounds an event name that a publisher may choose, in bytes.
const MaxNameLen = 64

// Event is one frame of a stream.
type Event struct {
	// Name is the event's type. Empty stands for "message", which is what
	// EventSource's onmessage gets.
	Name string
	// ID is the id that this very frame carries, empty if it has none or an
	// empty one. The id that persists from frame to frame is LastEventID.
	ID string
	// Data is the payload; its lines are separated by LF.
	Data []byte
	// Retry is the reconnection time that this very frame asks for; 0 if none.
	// The wire counts in milliseconds.
	Retry time.Duration
}

// ValidName reports whether name may be an event's name: 1 to MaxNameLen bytes
// of [A-Za-z0-9._:~@-].
func ValidName(name string) bool {
	if len(name) == 0 || len(name) > MaxNameLen {
		return false
	}
	for i := range len(name) {
		if !NameByte(name[i]) {
			return false
		}
	}
	return true
}

// NameByte reports whether c may stand in a name: an event's, and a room's.
func NameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '.', '_', ':', '~', '@', '-':
		return true
	}
	return false
}

// Reserved reports whether name is one that only the server itself sends, so
// that clients may believe what such an event says.
func Reserved(name string) bool {
	switch name {
	case "gap", "reset", "unavailable", "update", "heartbeat",
		"token-expired", "token-expiring", "connected", "replaced", "presence":
		return true
	}
	return false
}
