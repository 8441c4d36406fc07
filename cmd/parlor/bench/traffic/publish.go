package traffic

import (
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
)

// The operations that every source of messages understands, be it the
// publisher process or a floor server that sends by itself.
const (
	OpOpen    = "open"    // OpenSpec, no answer
	OpPublish = "publish" // PublishSpec, answered by a PublishReport
)

// OpenSpec says where and what to publish.
type OpenSpec struct {
	Addr        string `json:"addr"`  // host:port
	Path        string `json:"path"`  // path template, see Rooms.Path
	Token       string `json:"token"` // said in each request's head; empty for none
	Rooms       Rooms  `json:"rooms"`
	Connections int    `json:"connections"` // connection i publishes to room i modulo the count
	Size        int    `json:"size"`        // bytes of a message
}

// PublishSpec asks for messages.
type PublishSpec struct {
	Concurrency int           `json:"concurrency"` // connections to use
	Rate        float64       `json:"rate"`        // messages a second over all connections; 0 is as fast as they are answered
	Duration    time.Duration `json:"duration"`    // ignored with Each
	Each        bool          `json:"each"`        // one message to each room, and no more
}

// PublishReport says what became of the messages of one PublishSpec.
type PublishReport struct {
	Accepted uint64               `json:"accepted"` // answered with 2xx
	Refused  uint64               `json:"refused"`  // answered otherwise
	Unknown  uint64               `json:"unknown"`  // no answer: the connection failed
	Late     uint64               `json:"late"`     // sent more than an interval after their time: the pace was not kept
	Elapsed  time.Duration        `json:"elapsed"`
	Latency  *histogram.Histogram `json:"latency"` // from sending to the answer, accepted ones
	Rooms    []RoomReport         `json:"rooms"`   // by room; empty with Each
	Error    string               `json:"error"`   // an example of what was refused or failed; empty if nothing
}

// RoomReport is what a room has accepted since the source was opened.
type RoomReport struct {
	Accepted uint64 `json:"accepted"`
	LastID   string `json:"lastId"` // the highest id acknowledged, if the server tells ids
}
