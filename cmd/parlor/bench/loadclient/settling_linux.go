package loadclient

import (
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// settleInterval is how often the loop compares all streams with what their
// rooms accepted: it reads every stream, which is too much for every round.
const settleInterval = 10 * time.Millisecond

// settling is somebody's wait for all streams to have got everything. Owned by
// the loop once it is started.
type settling struct {
	spec SettleSpec
	end  int64
	next int64 // when to look again
	done chan SettleReport
}

func newSettling(spec SettleSpec, clock traffic.Clock) *settling {
	return &settling{
		spec: spec,
		end:  clock.Now() + int64(spec.Timeout),
		done: make(chan SettleReport, 1),
	}
}

// advanceSettling reports if everything has arrived, or the time is over.
func (c *client) advanceSettling() {
	now := c.clock.Now()
	if now < c.settling.next && now < c.settling.end {
		return
	}
	c.settling.next = now + int64(settleInterval)
	behind := c.behind(c.settling.spec.Accepted)
	if behind > 0 && now < c.settling.end {
		return
	}
	report := SettleReport{Settled: behind == 0, Behind: behind, Closed: c.closed}
	if c.checker != nil {
		report.Tally = c.checker.Tally
	}
	last := make([]ssecheck.Position, len(c.settling.spec.Accepted))
	for i := range c.streams {
		s := &c.streams[i]
		if s.state == open {
			report.Open++
		}
		if s.room < len(last) && s.check.Last.After(last[s.room]) {
			last[s.room] = s.check.Last
		}
	}
	for _, position := range last {
		report.LastIDs = append(report.LastIDs, position.String())
	}
	c.settling.done <- report
	c.settling = nil
}

// behind is how many messages open streams have not got, of those that their
// rooms accepted.
func (c *client) behind(accepted []uint64) uint64 {
	var total uint64
	for i := range c.streams {
		s := &c.streams[i]
		if s.state == open && s.room < len(accepted) && s.check.Accounted < accepted[s.room] {
			total += accepted[s.room] - s.check.Accounted
		}
	}
	return total
}
