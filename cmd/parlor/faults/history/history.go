package history

import "github.com/parlor-sse/parlor/persistence"

// FileName is the name of a history in the directory of its run.
const FileName = "history.jsonl"

// History is a whole run. Slices are in the order of noting, which is that of
// time for each client but not between clients.
type History struct {
	Run       Run
	Publishes []Publish
	Opens     []Open
	Frames    []Frame
	Handed    []Handed
	Closes    []Close
	Faults    []Fault
	Owners    []Owner
	Rings     []Ring
	Copies    []Copy
	Phases    []Phase
	Failures  []Failure
	// Cut is set when the last line was torn, as a killed harness leaves it.
	Cut bool
}

// Run says how the run was set up.
type Run struct {
	Fault    string   `json:"fault"`
	Seed     uint64   `json:"seed"`
	Began    string   `json:"began"` // wall clock, RFC 3339, for people
	Network  string   `json:"network"`
	Nodes    []string `json:"nodes"`    // those that the run begins and ends with
	Replicas int      `json:"replicas"` // copies of a room; 1 for a node alone
	History  int      `json:"history"`  // messages that a room keeps
	Rooms    []string `json:"rooms"`
	Rate     float64  `json:"rate"`             // publishes a second, all rooms together
	Broker   bool     `json:"broker,omitempty"` // the nodes hand every message to a Kafka broker
}

// Outcome is what an attempt to publish came to, as its client knows it.
type Outcome string

const (
	// OK: answered 2xx with an id.
	OK Outcome = "ok"
	// Refused: answered so that the message is never delivered by this attempt.
	Refused Outcome = "refused"
	// Unsent: no connection was had, so nothing was sent.
	Unsent Outcome = "unsent"
	// Unknown: sent, and no answer that says what became of it.
	Unknown Outcome = "unknown"
)

// Publish is one attempt to publish a message. Attempts at the same message have
// the same UUID.
type Publish struct {
	UUID      string  `json:"uuid"`
	Room      string  `json:"room"`
	Node      string  `json:"node"`
	Keyed     bool    `json:"keyed,omitempty"` // with the UUID as Idempotency-Key
	SHA       string  `json:"sha,omitempty"`   // Digest of what has to be delivered; empty if the server adds to it
	Call      int64   `json:"call"`
	Return    int64   `json:"ret"`
	Outcome   Outcome `json:"outcome"`
	Status    int     `json:"status,omitempty"`
	Code      string  `json:"code,omitempty"` // the error of a refusal
	ID        string  `json:"id,omitempty"`
	Replicas  string  `json:"replicas,omitempty"`
	Duplicate bool    `json:"duplicate,omitempty"`
}

// Open is a stream that was answered with a status.
type Open struct {
	Conn       int      `json:"conn"`
	Subscriber int      `json:"sub"`
	Node       string   `json:"node"`
	Rooms      []string `json:"rooms"`
	Resumed    bool     `json:"resumed,omitempty"` // Sent was sent
	Sent       string   `json:"sent,omitempty"`    // Last-Event-ID
	Call       int64    `json:"call"`
	Time       int64    `json:"t"` // of the answer's head
	Status     int      `json:"status"`
}

// FrameKind says what a frame of a stream means.
type FrameKind string

const (
	Message     FrameKind = "message"
	Bookmark    FrameKind = "bookmark"
	Gap         FrameKind = "gap"
	Reset       FrameKind = "reset"
	Unavailable FrameKind = "unavailable"
)

// Frame is something that a stream was shown. Greetings, updates and heartbeats
// are left out.
type Frame struct {
	Conn   int       `json:"conn"`
	Time   int64     `json:"t"`
	Kind   FrameKind `json:"kind"`
	Room   string    `json:"room,omitempty"` // of messages, gaps and resets
	ID     string    `json:"id,omitempty"`   // of bookmarks: that of all the stream's rooms
	UUID   string    `json:"uuid,omitempty"`
	SHA    string    `json:"sha,omitempty"`
	From   string    `json:"from,omitempty"` // of gaps
	To     string    `json:"to,omitempty"`
	Lost   uint64    `json:"lost,omitempty"`
	Reason string    `json:"reason,omitempty"` // of gaps and resets
}

// Handed is a record that the broker was given, in the order of the broker among
// those of one room.
type Handed struct {
	Time int64  `json:"t"` // when it was read
	Room string `json:"room"`
	ID   string `json:"id"`
	UUID string `json:"uuid,omitempty"`
	SHA  string `json:"sha"`
}

// Closer says who ended a stream.
type Closer string

const (
	ByClient Closer = "client" // the harness, of its own will
	ByServer Closer = "server" // in good order
	ByBreak  Closer = "break"  // cut off, or silent for too long
)

// Close is the end of a stream.
type Close struct {
	Conn int    `json:"conn"`
	Time int64  `json:"t"`
	By   Closer `json:"by"`
	Why  string `json:"why,omitempty"`
}

// Fault is one thing done to the nodes, from when it was in force until just
// before it was undone.
type Fault struct {
	Name  string `json:"name"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
	// Nodes are those whose clients may notice: the streams of all others have
	// to survive.
	Nodes []string `json:"nodes,omitempty"`
	// Isolated are those that reached no other node in all that time, in either
	// direction, while clients did reach them.
	Isolated []string `json:"isolated,omitempty"`
	Note     string   `json:"note,omitempty"`
}

// Owner is what a node said of a room.
type Owner struct {
	Time  int64  `json:"t"`
	Asked string `json:"asked"`
	Room  string `json:"room"`
	Owner string `json:"owner"`
	Epoch uint64 `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

// Ring is what a node said of its cluster. Only changes are noted.
type Ring struct {
	Time    int64    `json:"t"`
	Asked   string   `json:"asked"`
	Version uint64   `json:"version"`
	Leader  string   `json:"leader,omitempty"`
	Members []Member `json:"members"`
	Rings   int      `json:"rings,omitempty"`   // versions still in use; 1 once everything is handed over
	Handing bool     `json:"handing,omitempty"` // this node still has rooms to hand over, or to take over
}

// Member is one member of a Ring.
type Member struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

// Copy is what a node's disk held of a room at the end, when all nodes had been
// killed at once.
type Copy struct {
	Node     string   `json:"node"`
	Room     string   `json:"room"`
	Last     string   `json:"last"`               // id of the newest message
	Accepted uint64   `json:"accepted,omitempty"` // the epoch whose owner gave the copy its content last
	Messages []Kept   `json:"messages"`
	Epochs   []uint64 `json:"epochs,omitempty"`
	Damaged  bool     `json:"damaged,omitempty"`
}

// Kept is one message of a Copy.
type Kept struct {
	ID  string `json:"id"`
	SHA string `json:"sha"`
}

// PhaseName names a moment of the run.
type PhaseName string

const (
	Loading   PhaseName = "loading"   // publishers and subscribers are at work
	Healed    PhaseName = "healed"    // the fault was undone
	Agreed    PhaseName = "agreed"    // all nodes name the same members again; left out if they never did
	Stopped   PhaseName = "stopped"   // publishers make no more messages; what they made is still tried
	Settled   PhaseName = "settled"   // what is published from now on only tests the rooms
	Ended     PhaseName = "ended"     // the streams are looked at for the last time
	Collected PhaseName = "collected" // the copies are complete
)

// Phase is a moment of the run.
type Phase struct {
	Name PhaseName `json:"name"`
	Time int64     `json:"t"`
	// Skipped is, at Settled, how many messages were not even tried because too
	// many of their room waited for answers, as they do while a room can't be had.
	Skipped uint64 `json:"skipped,omitempty"`
}

// Failure is something that the fault itself saw go wrong: a node that should
// have stopped goes on, one that should have started did not.
type Failure struct {
	Time int64  `json:"t"`
	Text string `json:"text"`
}

// At returns when a phase began, or false if the run did not come so far.
func (h *History) At(name PhaseName) (int64, bool) {
	for _, p := range h.Phases {
		if p.Name == name {
			return p.Time, true
		}
	}
	return 0, false
}

// Position reads an id. What is none, the empty text included, is the zero
// position and false.
func Position(id string) (persistence.Position, bool) {
	p, err := persistence.ParsePosition(id)
	return p, err == nil
}
