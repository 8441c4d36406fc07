package actors

import (
	"net/http"

	"github.com/parlor-sse/parlor/persistence"
)

// Call is a request for a room's Fetch. Its header and body become the room's
// when it is made: the caller must not change them afterwards.
type Call struct {
	Room   persistence.RoomKey
	Method string      // of HTTP
	Target string      // path and query; begins with a slash; at most MaxTarget bytes
	Header http.Header // at most MaxHeader bytes
	Body   []byte      // at most MaxBody bytes
	Key    string      // Idempotency-Key: what is done under it is done once, and answered alike; empty for none

	caller string   // object id of the room that calls; empty for none
	retry  [16]byte // names the call when it is repeated here; zero where it never is
}

// Bounds on a Call, in bytes.
const (
	MaxTarget = 8 << 10
	MaxHeader = 16 << 10
	MaxBody   = 1 << 20
)

// Reply is a room's answer to a Call. It must not be changed.
type Reply struct {
	Status    int
	Header    http.Header
	Body      []byte
	Duplicate bool // the key was known; the answer is the first call's
}
