package actors

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/metricset"
)

// SinkInfo tells how a node's rooms get on with a sink.
type SinkInfo struct {
	Name    string `json:"name"`    // "messages" or "hooks"
	Waiting int64  `json:"waiting"` // records of rooms awake here that are not delivered
	Bytes   int64  `json:"bytes"`   // of them, in memory and in part on disk
	Failing int64  `json:"failing"` // rooms whose newest delivery failed
	Dropped int64  `json:"dropped"` // records given up since the start
}

// sinks are where a node's rooms hand their records, and what waits for that.
type sinks struct {
	all []*sinkState // by lane; none without a sink
}

// sinkState is one of a node's sinks, and what its rooms have for it.
type sinkState struct {
	name  string
	sink  Sink
	bound int64 // bytes that may wait

	waiting, bytes, failing, dropped atomic.Int64

	hoard    hoard
	overflow overflow

	metrics           *metricset.Set
	delivered, failed prometheus.Counter
}

// excess returns by how many bytes more waits than may; it is negative while
// there is room.
func (st *sinkState) excess() int { return int(st.bytes.Load() - st.bound) }

func newSinks(cfg *Config) sinks {
	var s sinks
	for _, st := range []*sinkState{{name: laneMessages, sink: cfg.Sink}, {name: laneHooks, sink: cfg.Hooks}} {
		if st.sink != nil {
			st.bound = cfg.SinkBytes
			st.measure()
			s.all = append(s.all, st)
		}
	}
	return s
}

// lanes returns the empty lanes of a room.
func (s *sinks) lanes(kind *Kind, history int) []*lane {
	if kind.Private {
		return nil
	}
	var lanes []*lane
	for _, st := range s.all {
		l := &lane{state: st, item: hookItem, tries: MaxAlarmRetries}
		if st.name == laneMessages {
			l.item, l.cover, l.tries = messageItem, uint64(history), 0
		}
		lanes = append(lanes, l)
	}
	return lanes
}

// measure makes the sink's metrics.
func (st *sinkState) measure() {
	set := metricset.NewLabelled("sinks", prometheus.Labels{"sink": st.name})
	st.metrics = set
	st.delivered = set.Counter("delivered_total", "Records delivered to a sink.")
	st.failed = set.Counter("failed_deliveries_total", "Deliveries to a sink that failed and were, or will be, repeated.")
	set.CounterFunc("dropped_total", "Records given up: more waited than may, or the sink refused them too often.",
		func() float64 { return float64(st.dropped.Load()) })
	set.Gauge("waiting", "Records of rooms awake on this node that are not delivered.", func() float64 { return float64(st.waiting.Load()) })
	set.Gauge("waiting_bytes", "Bytes of the records that are not delivered.", func() float64 { return float64(st.bytes.Load()) })
	set.Gauge("failing_rooms", "Rooms whose newest delivery failed.", func() float64 { return float64(st.failing.Load()) })
}

// Sinks tells how the rooms awake on this node get on with their sinks.
func (s *System) Sinks() []SinkInfo {
	var infos []SinkInfo
	for _, st := range s.node.sinks.all {
		infos = append(infos, SinkInfo{
			Name: st.name, Waiting: st.waiting.Load(), Bytes: st.bytes.Load(),
			Failing: st.failing.Load(), Dropped: st.dropped.Load(),
		})
	}
	return infos
}

// parcels returns by lane what a turn has for the sinks; nil for nothing.
func (r *room) parcels(records []persistence.Record, hooks []outgoing) [][]persistence.Record {
	if len(records)+len(hooks) == 0 || len(r.out.lanes) == 0 {
		return nil
	}
	more := make([][]persistence.Record, len(r.out.lanes))
	for i, l := range r.out.lanes {
		switch {
		case l.state == nil:
		case l.cover > 0:
			more[i] = records
		default:
			for j, h := range hooks {
				at := persistence.Position{Epoch: r.epoch, Seq: (r.head.Turn+1)<<turnShift + uint64(j)}
				more[i] = append(more[i], persistence.Record{Position: at, Time: r.now(), Event: h.event, Data: h.data})
			}
		}
	}
	return more
}
