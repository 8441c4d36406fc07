package sseclients

import "github.com/parlor-sse/parlor/actors/fanout"

// Stats is a snapshot of a manager's counters; those of type uint64 only rise.
type Stats struct {
	Clients    int               // keys with an open stream
	Streams    int               // open streams, those that another one has replaced among them
	Opened     uint64            // streams that began
	Ended      map[string]uint64 // streams that ended, by reason
	Refused    uint64            // streams refused: bad key, too many, closed
	Events     uint64            // events queued, one for each client that they were for
	Overloaded uint64            // calls of SendEvent and Broadcast that met ErrOverloaded
}

// counts is the part of Stats that is counted.
type counts struct {
	opened, refused, events, overloaded uint64

	ended map[fanout.Reason]uint64
}

// Stats returns the counters. The reasons in Ended are "client" (it left),
// "slow" and "overrun" (its queue was full), "stalled" (it took nothing for too
// long), "spoke" (it sent more than its request), "expired" (its time to live
// was over), "kicked" (RemoveClient), "shutdown" (Close) and "error".
func (m *Manager) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Stats{
		Clients: len(m.clients), Streams: m.streams,
		Opened: m.counts.opened, Refused: m.counts.refused,
		Events: m.counts.events, Overloaded: m.counts.overloaded,
		Ended: make(map[string]uint64, len(m.counts.ended)),
	}
	for reason, n := range m.counts.ended {
		s.Ended[reason.String()] = n
	}
	return s
}
