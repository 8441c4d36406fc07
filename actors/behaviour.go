package actors

import (
	"encoding/json"
	"net/http"
	"time"
)

// A behaviour is what the rooms of a kind do: a value that Kind.New makes, one
// for each activation of a room, with any of the methods below. What it lacks
// is done as if it were not asked: messages pass as they are, requests are 404.
//
// Calls on one behaviour never overlap, so its fields need no lock; they last
// as long as the activation, which ends when the room sleeps, moves or fails.
// What has to last longer goes into Context.Storage.
//
// Each call is a turn. What it stores, the alarm that it sets, and the messages
// that it broadcasts are one commit, and nothing leaves the room (frames,
// answers, calls to other rooms) before that commit is durable. A call that
// returns an error changes nothing and sends nothing. A call that panics, or
// takes longer than Kind.Limit, ends the activation, and the next request starts
// the room anew from what is stored.

// Starter is a behaviour that prepares itself. Start runs before any other call
// of an activation; what it stores is committed like any turn. When it fails,
// requests that wait are refused as unavailable, and the next one tries again.
type Starter interface {
	Start(ctx *Context) error
}

// Connecter is a behaviour that is told of streams that opened. It is told once
// of each, across activations and owners: who was told of is stored with what
// the call stores. The stream is open already; Context.Kick closes it.
type Connecter interface {
	Connect(ctx *Context, s Subscriber) error
}

// Disconnecter is a behaviour that is told of streams that ended, once of each
// that it was, or would have been, told of by Connect. Streams of a node that
// died end when the ring says so, or the room's next owner has waited for them.
type Disconnecter interface {
	Disconnect(ctx *Context, s Subscriber) error
}

// Publisher is a behaviour that looks at messages before the room takes them:
// it may alter, answer or drop one, or refuse it by returning an error, best one
// of Refuse. A message that is repeated under its Idempotency-Key is not shown
// again.
type Publisher interface {
	Publish(ctx *Context, m *Message) error
}

// Updater is a behaviour that says something at intervals (Kind.Update) while
// somebody listens: a value that is marshalled to JSON and sent to all who
// listen, but not kept; nil is not sent.
type Updater interface {
	Update(ctx *Context) (any, error)
}

// Alarmer is a behaviour that is woken at the time that it set by
// Storage.SetAlarm. The alarm is removed in the commit of the call, so that the
// call happens at least once. When it fails it is called again after 2 s, and
// after twice that each further time, 6 times at most.
type Alarmer interface {
	Alarm(ctx *Context, a AlarmInfo) error
}

// Fetcher is a behaviour that answers requests to /rooms/{room}/fetch/, and
// those of other rooms. The request's path is what follows "/fetch". The answer
// is sent when Fetch has returned and all that the room did so far is committed;
// it has at most MaxAnswer bytes. An error of Refuse is answered as it says, any
// other by 500, and what was written to w is discarded.
type Fetcher interface {
	Fetch(ctx *Context, w http.ResponseWriter, r *http.Request) error
}

// Message is a publication on its way into a room.
type Message struct {
	Event  string          // SSE event name; may be changed to another that publishers may use; empty for DefaultEvent
	Data   json.RawMessage // one JSON object with its timestamp; may be replaced, not changed in place
	Client string          // only streams of this client id get it, and it is not kept; empty for all
	User   string          // as Client, for all streams of a user
	Key    string          // Idempotency-Key; empty without one

	Answer any  // told to the publisher, marshalled to at most MaxRemembered bytes; nil for nothing
	Drop   bool // true if nobody is to get it: the publisher is told that it was accepted, and Answer
}

// AlarmInfo tells an Alarm call about itself.
type AlarmInfo struct {
	Scheduled  time.Time // when this call was due
	RetryCount int       // failed calls before this one, 0 to MaxAlarmRetries
}

// Bounds on what behaviours may do. A call beyond one of them is an error.
const (
	MaxStorageKey   = 2 << 10   // bytes of a storage key
	MaxStorageValue = 128 << 10 // bytes of a stored value
	MaxStorageBatch = 128       // keys in one call to storage
	MaxBroadcast    = 64 << 10  // bytes of a message's data
	MaxBroadcasts   = 128       // messages of one turn
	MaxCalls        = 128       // calls to other rooms that one room may have under way
	MaxAnswer       = 1 << 20   // bytes of an answer to a request
	MaxRemembered   = 16 << 10  // bytes of an answer that is remembered with an Idempotency-Key
	MaxAlarmRetries = 6
)
