package client

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// message is something to publish.
type message struct {
	uuid, room string
	event      string // the query's event; empty leaves it to the server
	keyed      bool   // sent with the uuid as Idempotency-Key
	body       []byte
	sha        string // of what has to be delivered; empty if the server adds a timestamp
}

// defaultEvent is the name of messages that are published without one.
const defaultEvent = "broadcast"

// maxPad is the greatest number of bytes that make a message longer.
const maxPad = 300

// newMessage makes a message. Half of them have their own timestamp, so that
// what is delivered has to be what was sent, byte for byte.
func newMessage(rng *rand.Rand, uuid, room string, keyed bool) message {
	m := message{uuid: uuid, room: room, keyed: keyed}
	event := defaultEvent
	if rng.IntN(4) == 0 {
		m.event, event = "note", "note"
	}
	pad := strings.Repeat("x", rng.IntN(maxPad+1))
	if rng.IntN(2) == 0 {
		m.body = fmt.Appendf(nil, `{"uuid":%q,"pad":%q}`, uuid, pad)
		return m
	}
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	m.body = fmt.Appendf(nil, `{"uuid":%q,"pad":%q,"timestamp":%q}`, uuid, pad, now)
	m.sha = history.Digest(event, m.body)
	return m
}
