package bench

import "slices"

// figure is one thing measured of one server.
type figure struct {
	Name    string    `json:"name"`              // stable: scenario.quantity
	System  string    `json:"system"`            // parlor, floor, a peer's name, or target
	Streams int       `json:"streams,omitempty"` // 0 where there are none, or where a number of publishers is meant
	Clients int       `json:"clients,omitempty"` // concurrent publishers, where they are what varies
	What    string    `json:"what"`              // what was measured, in one sentence
	Unit    string    `json:"unit"`
	Value   float64   `json:"value"`  // the median of the rounds
	Rounds  []float64 `json:"rounds"` // in the order measured
}

// quantity is what is measured: everything of a figure that is the same for all
// servers and sizes.
type quantity struct {
	name string
	unit string
	what string
}

// The quantities, in one place so that their names stay unique.
var (
	cpuPerDelivery   = quantity{"fanout.cpu_per_delivery", "us", "server CPU time (user and system) for an event delivered to a stream, one event a flush"}
	fanoutPerRead    = quantity{"fanout.events_per_read", "events", "events that a reader found at a time: more than 1 means that the reader, or the server, gathered them"}
	floodCPU         = quantity{"flood.cpu_per_delivery", "us", "server CPU time for an event delivered to a stream, with concurrent publishers as fast as they are answered and streams can follow"}
	floodAccepted    = quantity{"flood.publishes", "1/s", "messages accepted a second while they were broadcast"}
	floodDeliveries  = quantity{"flood.deliveries", "1/s", "events delivered a second, all streams together"}
	floodPerRead     = quantity{"flood.events_per_read", "events", "events that a reader found at a time"}
	floodPerWrite    = quantity{"flood.events_per_write", "events", "events that the server sent with one system call, by its own count"}
	floodClosed      = quantity{"flood.streams_closed", "streams", "streams that the server closed because they lagged"}
	idleUser         = quantity{"idle.user_memory", "B/stream", "resident user memory that a stream adds, fixed costs of the first ones included"}
	idleSlope        = quantity{"idle.user_memory_slope", "B/stream", "the same between a fifth of the streams and all, so without fixed costs"}
	idleKernel       = quantity{"idle.kernel_memory", "B/stream", "kernel objects that a stream adds at the server's end, estimated as half of what the machine's caches for sockets and files grew by"}
	idleHeap         = quantity{"idle.heap", "B/stream", "Go heap in use that a stream adds"}
	receiptP50       = quantity{"latency.receipt_p50", "ms", "from just before the POST to a stream's receipt, median"}
	receiptP99       = quantity{"latency.receipt_p99", "ms", "the same, 99th percentile"}
	receiptMax       = quantity{"latency.receipt_max", "ms", "the same, longest"}
	latencyAnswerP50 = quantity{"latency.answer_p50", "ms", "from just before the POST to its answer, median; for the floor, one sweep"}
	publishAccepted  = quantity{"publish.accepted", "1/s", "messages accepted a second, nobody listening"}
	publishP50       = quantity{"publish.answer_p50", "ms", "time to the answer of a POST, median"}
	publishP99       = quantity{"publish.answer_p99", "ms", "the same, 99th percentile"}
	publishCPU       = quantity{"publish.cpu", "us", "server CPU time for an accepted message"}
	connectRate      = quantity{"connect.rate", "1/s", "streams opened a second, 256 at a time"}
	connectCPU       = quantity{"connect.cpu", "us", "server CPU time for opening a stream"}
	connectFailed    = quantity{"connect.failed", "%", "streams that could not be opened"}
	firstEventP95    = quantity{"connect.first_event_p95", "ms", "from connecting to the end of the answer's head, with which the first event comes, 256 at a time, 95th percentile"}
	headP50          = quantity{"connect.head_p50", "ms", "from connecting to the end of the answer's head, one at a time while a broadcast runs, median"}
	headP99          = quantity{"connect.head_p99", "ms", "the same, 99th percentile"}
	headLoad         = quantity{"connect.load", "1/s", "events delivered a second during that broadcast"}
	roomsWrite       = quantity{"rooms.publishes", "1/s", "first messages to new rooms accepted a second"}
	roomsDisk        = quantity{"rooms.disk", "B/room", "disk space that an idle room takes"}
	roomsStart       = quantity{"rooms.start", "s", "time from starting the server over these rooms until it serves"}
	roomsMemory      = quantity{"rooms.memory_after_start", "MB", "user memory of the server after that start"}
	roomsResident    = quantity{"rooms.resident_after_start", "MB", "resident memory after that start, code included"}
)

// subject is whose figure it is.
type subject struct {
	system  string
	streams int
	clients int
}

// figures collects what is measured, in the order of first appearance.
type figures []*figure

// add notes the value of one round.
func (f *figures) add(q quantity, s subject, value float64) {
	found := f.find(q, s)
	if found == nil {
		found = &figure{Name: q.name, System: s.system, Streams: s.streams, Clients: s.clients, What: q.what, Unit: q.unit}
		*f = append(*f, found)
	}
	found.Rounds = append(found.Rounds, value)
	found.Value = median(found.Rounds)
}

// find is the figure of a quantity and a subject; nil if it was not measured.
func (f figures) find(q quantity, s subject) *figure {
	for _, x := range f {
		if x.Name == q.name && x.System == s.system && x.Streams == s.streams && x.Clients == s.clients {
			return x
		}
	}
	return nil
}

// median of values, of which there must be one at least.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// ratio is the median of the rounds' ratios of a to b: what disturbs a round
// disturbs both.
func ratio(a, b *figure) (float64, bool) {
	if a == nil || b == nil {
		return 0, false
	}
	var ratios []float64
	for i := range min(len(a.Rounds), len(b.Rounds)) {
		if b.Rounds[i] > 0 {
			ratios = append(ratios, a.Rounds[i]/b.Rounds[i])
		}
	}
	if len(ratios) == 0 {
		return 0, false
	}
	return median(ratios), true
}
