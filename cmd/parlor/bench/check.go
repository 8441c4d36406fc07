package bench

import (
	"fmt"
	"strings"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// check says whether the streams of one measurement got everything.
type check struct {
	Scenario string         `json:"scenario"`
	System   string         `json:"system"`
	Streams  int            `json:"streams"`
	Round    int            `json:"round"`
	Accepted uint64         `json:"accepted"` // messages acknowledged
	Refused  uint64         `json:"refused"`
	Unknown  uint64         `json:"unknown"` // messages without an answer
	Late     uint64         `json:"late"`    // messages that could not be sent in time
	Failed   int            `json:"failed"`  // streams that could not be opened
	Closed   int            `json:"closed"`  // streams that the server closed
	Behind   uint64         `json:"behind"`  // acknowledged messages that open streams have not got in the end
	LastID   string         `json:"lastId"`  // the highest id acknowledged, and received if Behind is 0
	Tally    ssecheck.Tally `json:"tally"`
	Error    string         `json:"error,omitempty"` // an example of what failed
}

// newCheck puts together what the processes say.
func newCheck(connected loadclient.ConnectReport, published []traffic.PublishReport, settled loadclient.SettleReport) check {
	c := check{
		Streams: connected.Connected + connected.Failed, Failed: connected.Failed, Error: connected.Error,
		Closed: settled.Closed, Behind: settled.Behind, Tally: settled.Tally,
	}
	for _, p := range published {
		c.Accepted += p.Accepted
		c.Refused += p.Refused
		c.Unknown += p.Unknown
		c.Late += p.Late
		if c.Error == "" {
			c.Error = p.Error
		}
		if len(p.Rooms) > 0 {
			c.LastID = p.Rooms[0].LastID
		}
	}
	return c
}

// wrong reports whether messages were lost, doubled or in disorder without the
// server having said so.
func (c check) wrong() bool { return c.Tally.Wrong() || c.Behind > 0 }

// intact reports whether every stream was open from beginning to end and got
// everything once and in order: announced losses count, too.
func (c check) intact() bool {
	return !c.wrong() && c.Tally.Gaps+c.Tally.Resets == 0 && c.Closed+c.Failed == 0
}

// remarks names everything that was not as it should be; empty if all was.
func (c check) remarks() string {
	var parts []string
	for _, x := range []struct {
		n    uint64
		what string
	}{
		{c.Tally.Missing, "missing"}, {c.Behind, "never arrived"}, {c.Tally.Duplicates, "duplicate"},
		{c.Tally.OutOfOrder, "out of order"}, {c.Tally.Malformed, "without id"},
		{c.Tally.Gaps, "gaps announced"}, {c.Tally.Resets, "resets"},
		{uint64(c.Closed), "streams closed"}, {uint64(c.Failed), "streams not opened"},
		{c.Refused, "publishes refused"}, {c.Unknown, "publishes unanswered"}, {c.Late, "publishes late"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return strings.Join(parts, ", ")
}
