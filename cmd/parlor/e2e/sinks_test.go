package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka/kafkatest"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// sink returns what GET /ready says of a sink.
func (s *server) sink(name string) actors.SinkInfo {
	s.t.Helper()
	var ready struct {
		Status string
		Sinks  []actors.SinkInfo
	}
	s.get("/ready", &ready)
	for _, info := range ready.Sinks {
		if info.Name == name && ready.Status == "ready" {
			return info
		}
	}
	s.t.Fatalf("/ready shows no sink %s: %+v", name, ready)
	return actors.SinkInfo{}
}

// waits waits until so many records wait for a sink.
func (s *server) waits(sink string, records int64) {
	s.t.Helper()
	proctest.Within(s.t, sinkPatience, fmt.Sprintf("%d records wait for %s", records, sink), func() error {
		if now := s.sink(sink).Waiting; now != records {
			return fmt.Errorf("%d wait", now)
		}
		return nil
	})
}

// TestSinkShows has more wait for a broker that refuses all than may: publishing
// goes on, and what waits, fails and was given up is shown. When the broker takes
// messages again it gets the rest, and nothing waits.
func TestSinkShows(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "out")
	allow := kafkatest.RefuseProduced(b.cluster)
	s := start(t, b.produced("--history", "10", "--sink-bytes", "1MiB")...)
	const n, size = 60, 40_000
	var last receipt
	for i := range n {
		last = s.publish("a", fmt.Sprintf(`{"n":%d,"pad":%q}`, i, strings.Repeat("x", size)))
	}
	proctest.Until(t, "rooms fail", func() bool { return s.sink("messages").Failing > 0 })
	info := s.sink("messages")
	if info.Dropped == 0 || info.Waiting == 0 || info.Waiting+info.Dropped != n || info.Bytes > 1<<20 {
		t.Errorf("%+v", info)
	}
	shown := func() actors.SinkInfo {
		value := func(metric string) int64 { return int64(s.metric("parlor_sinks_" + metric + `{sink="messages"}`)) }
		return actors.SinkInfo{
			Name: "messages", Waiting: value("waiting"), Bytes: value("waiting_bytes"), Failing: value("failing_rooms"), Dropped: value("dropped_total"),
		}
	}
	proctest.Until(t, "/metrics shows what /ready shows", func() bool { return shown() == s.sink("messages") })
	allow()
	s.waits("messages", 0)
	if left := s.sink("messages"); left.Bytes != 0 || left.Failing != 0 || left.Dropped != info.Dropped {
		t.Errorf("when all is delivered: %+v, before: %+v", left, info)
	}
	out := b.read("out")
	out.until(map[string]string{"a": last.ID})
	for i, seq := range out.of("a").seqs {
		if i > 0 && seq <= out.of("a").seqs[i-1] {
			t.Errorf("seq %d is behind %d", seq, out.of("a").seqs[i-1])
		}
	}
	if got := int64(len(out.of("a").seqs)); got+info.Dropped != n {
		t.Errorf("%d of %d messages came, and %d were given up", got, n, info.Dropped)
	}
}

// TestSmallerHistory has a server come back with a smaller history while the broker
// is away: what leaves the history goes to the broker nevertheless.
func TestSmallerHistory(t *testing.T) {
	t.Parallel()
	b := newBroker(t, "out")
	s := start(t, b.produced("--history", "100")...)
	sent := s.publishN("a", 1, 60)
	s.Kill()
	s.flags = append(s.flags, "--history", "10")
	s = s.again()
	if kept := s.history("a"); len(kept) != 10 {
		t.Errorf("%d messages are kept", len(kept))
	}
	s.Kill() // what was saved is on the disk
	s = s.again()
	b.start()
	out := b.read("out")
	out.until(map[string]string{"a": sent[59].ID})
	out.complete("a")
	if n := len(out.of("a").seqs); n != 60 {
		t.Errorf("%d messages came", n)
	}
	s.waits("messages", 0)
}

// TestNoSinks wants a node without sinks to show none.
func TestNoSinks(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.publish("a", `{"n":1}`)
	var ready json.RawMessage
	if s.get("/ready", &ready); string(ready) != `{"status":"ready"}` {
		t.Errorf("%s", ready)
	}
}
