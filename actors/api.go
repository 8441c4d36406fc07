package actors

import (
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// DefaultKind is the kind of rooms that name none: the broker.
const DefaultKind = persistence.DefaultKind

// Publication is a message on its way to a room. Its bytes become the room's
// when it is published: the caller must not change them afterwards.
type Publication struct {
	Room    persistence.RoomKey
	Event   string // SSE event name, valid for sse.ValidName; empty means "broadcast"
	Body    []byte // one compact, valid JSON object
	Stamped bool   // Body has a timestamp of its own and is passed on as it is
	Key     string // Idempotency-Key; empty for none; at most MaxKeyLen bytes
	Client  string // only streams of this client id get it, and it is not kept; empty means all
	User    string // as Client, for all streams of a user; not both

	// Source names a sequence of publications that is read from somewhere, in its
	// order, and may be read again from an earlier place; Offset is the place of this
	// one. A room remembers how far it has taken in a source, not each place by a key:
	// Key then only tells the room's code what it sees. At most MaxKeyLen bytes; empty
	// for none.
	Source string
	Offset uint64

	retry [16]byte // names the publication when it is repeated here; zero where it never is
}

// MaxKeyLen bounds an Idempotency-Key, in bytes.
const MaxKeyLen = 255

// Receipt says what became of a Publication.
type Receipt struct {
	ID          persistence.Position // zero for a targeted publication, which has no place in the order
	Data        []byte               // the object as delivered, with its timestamp; not to be changed
	Durability  string               // what a crash cannot undo: "quorum-fsync", "fsync", "quorum-memory" or "memory"
	Copies, Of  int                  // disks that hold it, of disks that should
	Subscribers int                  // streams that it is being sent to
	Duplicate   bool                 // the key was known; ID and Answer are the first publish's, and Data while the room keeps it
	Answer      []byte               // what the room's behaviour says to it, as JSON; nil for nothing
	Dropped     bool                 // the behaviour took it and passed it on to nobody: it has no id
}

// Framing is the form in which a stream wants its events.
type Framing uint8

const (
	Named  Framing = iota // event: and id: lines; the default for one room
	Plain                 // no event: line, so that EventSource's onmessage gets it
	Tagged                // data wrapped with room and id; the default for several rooms
)

// SubscribeRequest asks for a stream of events.
//
// A stream with Presence is told who is on each of its rooms, at all nodes: event
// presence, without an id and not kept, with data {"type":"list","room",
// "subscribers":[{"id","client","user","node","since"}],"count","truncated"} as
// soon as that is known, at most 1,000 of them, and {"type":"join"|"leave","room",
// "subscriber":{…},"count"} from then on, with "subscribers":[…] in its place where
// several came or went at about the same time. A list may come again at any time,
// and holds from then on; a stream may find itself in it, or be told of itself as
// of any other. Streams in the plain framing are told nothing.
//
// A stream with Only ends, by event replaced with data {"user","by"} and a
// reconnection time of an hour, when a stream of its user with Only began later,
// by the clocks of the fronts.
type SubscribeRequest struct {
	Rooms          []persistence.RoomKey // 1 to 100, no two alike
	Framing        Framing               // Tagged whenever there are several rooms
	HeartbeatEvent bool                  // heartbeats as events that scripts can see, rather than comments
	LastEventID    string                // what the client brought back; meaningful if Resume
	Resume         bool                  // the client brought a last event id, however malformed
	Replay         int                   // messages to replay to a client that brings none; negative means all there are
	Client         string                // the client's own id, for targeted publications; may be empty
	User           string                // whose stream it is, as a token says; at most MaxUserLen bytes; may be empty
	Only           bool                  // the user's older streams end, wherever they are; needs User
	Presence       bool                  // the stream is told who comes and goes
	Expires        time.Time             // the stream is told so half a minute ahead, then closed; zero means never
	TTL            time.Duration         // the stream is closed after this long; 0 means never
	Greeting       []byte                // rendered events that the stream begins with; nil for the usual greeting
	Live           bool                  // only what comes: neither messages of before nor a bookmark
	Closed         func()                // called once when the stream has ended or was cancelled; may be nil; must not block
}

// MaxUserLen bounds the name of a user, in bytes.
const MaxUserLen = 255

// RoomInfo describes a room. It is JSON as GET /rooms/{room} answers it.
type RoomInfo struct {
	Room            string  `json:"room"`
	Kind            string  `json:"kind"`
	DurableObjectID string  `json:"durableObjectId"`
	Owner           string  `json:"owner"`
	Epoch           uint64  `json:"epoch"`
	Seq             uint64  `json:"seq"`
	ID              string  `json:"id"`
	ConnectionCount int     `json:"connectionCount"`
	History         int     `json:"history"`
	IdleSeconds     float64 `json:"idleSeconds"`

	StoredItems int    `json:"storedItems,omitempty"`
	StoredBytes int    `json:"storedBytes,omitempty"`
	Alarm       string `json:"alarm,omitempty"` // when it is due; empty for none
}

// MemberInfo describes a member of the ring, as GET /members answers it.
type MemberInfo struct {
	Name    string   `json:"name"`
	Address string   `json:"address"`
	Roles   []string `json:"roles"`
	State   string   `json:"state"`
	Self    bool     `json:"self"`

	HTTP     string `json:"http,omitempty"`   // where the node serves clients
	Leader   bool   `json:"leader,omitempty"` // of the agreement on the ring
	Voter    bool   `json:"voter,omitempty"`  // in that agreement
	Life     uint64 `json:"life,omitempty"`   // of the node's store
	Handover bool   `json:"handover"`         // has nothing left to hand over
}

// RingInfo describes the ring in force.
type RingInfo struct {
	Version uint64       `json:"ringVersion"`
	Leader  string       `json:"leader"`
	Members []MemberInfo `json:"members"`

	Cluster  string       `json:"cluster,omitempty"` // its id
	Rings    int          `json:"rings"`             // that still count; 1 once all is handed over
	Quorate  bool         `json:"quorate"`           // the agreement can go on as seen from here
	Handover HandoverInfo `json:"handover"`
}

// HandoverInfo tells how far this node is with what the newest ring asks of it.
type HandoverInfo struct {
	Done    bool   `json:"done"`
	Pending int    `json:"pending"` // rooms still to be handed over, or taken over
	Moved   uint64 `json:"moved"`   // rooms handed over, or taken over, since the start
}

// Stats counts what this node holds now.
type Stats struct {
	Streams int `json:"streams"` // open streams at this front
	Rooms   int `json:"rooms"`   // rooms awake on this node
	Outlets int `json:"outlets"` // rooms that streams at this front listen to
}
