// Package loadclient is the benchmark's reader: one process, one thread and an
// epoll set that hold thousands of event streams, check every message of each
// and measure how long it took.
package loadclient

import (
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// The operations of a load client.
const (
	OpConnect = "connect" // ConnectSpec, answered by a ConnectReport
	OpBegin   = "begin"   // begins a measured window; no answer
	OpEnd     = "end"     // ends it, answered by a WindowReport
	OpSettle  = "settle"  // SettleSpec, answered by a SettleReport
	OpState   = "state"   // answered by a StateReport
	OpClose   = "close"   // closes all streams; no answer
)

// ConnectSpec asks for streams. Those of earlier connects stay open; Mode,
// Sources and Poll must be the same each time.
type ConnectSpec struct {
	Addr     string        `json:"addr"`  // host:port
	Path     string        `json:"path"`  // path template, see traffic.Rooms.Path
	Token    string        `json:"token"` // said in each request's head; empty for none
	Rooms    traffic.Rooms `json:"rooms"`
	First    int           `json:"first"` // stream i is on room First+i modulo the count
	Streams  int           `json:"streams"`
	Mode     ssecheck.Mode `json:"mode"`
	Sources  int           `json:"sources"`  // publisher connections, for ssecheck.ByCounter
	InFlight int           `json:"inFlight"` // streams being opened at the same time, at most
	Rate     float64       `json:"rate"`     // streams opened a second, at most; 0 is no limit
	SourceIP string        `json:"sourceIp"` // local IPv4 address; empty leaves the choice to the kernel
	Timeout  time.Duration `json:"timeout"`  // for all of it: what is not open then has failed
	// Poll makes the client look for events at this interval once connected, so
	// that the server does not pay for waking it with each event: a client on
	// another machine would not cost it that either. 0 means to wait for events.
	Poll time.Duration `json:"poll"`
}

// ConnectReport says what became of the streams.
type ConnectReport struct {
	Connected int                  `json:"connected"`
	Failed    int                  `json:"failed"`
	Error     string               `json:"error"` // an example; empty if none failed
	Elapsed   time.Duration        `json:"elapsed"`
	Head      *histogram.Histogram `json:"head"` // from connecting to the end of the answer's head
}

// WindowReport is what arrived between begin and end.
type WindowReport struct {
	Tally   ssecheck.Tally       `json:"tally"`
	Latency *histogram.Histogram `json:"latency"` // from publishing to receipt
}

// StateReport is the state of all streams that were asked for.
type StateReport struct {
	Open    int                  `json:"open"`
	Closed  int                  `json:"closed"`  // by the server, after they were open
	Waiting int                  `json:"waiting"` // open, and without any message yet
	First   *histogram.Histogram `json:"first"`   // from connecting to a stream's first message
	Tally   ssecheck.Tally       `json:"tally"`   // since the first connect
}

// SettleSpec asks to wait until every open stream has got what its room has
// accepted since before the stream was opened.
type SettleSpec struct {
	Accepted []uint64      `json:"accepted"` // by room
	Timeout  time.Duration `json:"timeout"`
}

// SettleReport is the state of all streams.
type SettleReport struct {
	Settled bool           `json:"settled"` // within the time
	Open    int            `json:"open"`
	Closed  int            `json:"closed"`  // by the server, after they were open
	Behind  uint64         `json:"behind"`  // messages that open streams have not got
	Tally   ssecheck.Tally `json:"tally"`   // since the first connect
	LastIDs []string       `json:"lastIds"` // by room, the highest id received
}
