package e2e_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestKafkaOutage takes the broker away while messages pour in at three nodes, and
// kills each of these and starts it again meanwhile. When the broker is back, it
// gets every message that was accepted, with the id that its publisher was told,
// and the first copies in order.
func TestKafkaOutage(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "out")
	f := startFleet(t, 3, b.produced("--history", "10")...)
	rooms := []string{"a", "b", "c"}
	var loads []*load
	for _, room := range rooms {
		loads = append(loads, f.publishTo(room, "load-"+room))
	}
	flow := func(more int64) {
		t.Helper()
		for _, l := range loads {
			l.flows(t, more)
		}
	}
	flow(40)
	b.stop()
	flow(100)
	for _, n := range f.nodes {
		f.crash(n)
		flow(40)
		f.start(n)
		f.settled()
		flow(20)
	}
	newest := make(map[string]string)
	sent := make(map[string][]publication)
	for _, l := range loads {
		sent[l.room] = l.end()
		last := f.any().publish(l.room, `{"key":"last"}`)
		newest[l.room] = last.ID
		t.Logf("%s: %s", l.room, tally(sent[l.room]))
	}
	b.start()
	out := b.read("out")
	out.until(newest)
	for _, room := range rooms {
		out.complete(room)
		for _, p := range sent[room] {
			if p.answer.ID != "" {
				out.holds(room, "broadcast", p.answer)
			}
		}
		t.Logf("%s: %d messages in the topic, %d copies", room, len(out.of(room).seqs), out.of(room).copies)
	}
}

// TestKafkaAfterCrash kills a node on its own with messages that no broker has
// got, far more than the rooms keep. It delivers them when it runs again, although
// nobody asks for the rooms.
func TestKafkaAfterCrash(t *testing.T) {
	t.Parallel()
	b := newBroker(t, "out")
	s := start(t, b.produced("--history", "10")...)
	newest := make(map[string]string)
	sent := make(map[string][]receipt)
	publish := func(from, to int) {
		for _, room := range []string{"a", "b", "c", "d"} {
			sent[room] = append(sent[room], s.publishN(room, from, to)...)
			newest[room] = sent[room][len(sent[room])-1].ID
		}
	}
	publish(1, 50)
	s.kill()
	s = s.again()
	publish(51, 60)
	s.kill()
	b.start()
	s.again()
	out := b.read("out")
	out.until(newest)
	for room, all := range sent {
		out.complete(room)
		for _, r := range all {
			out.holds(room, "broadcast", r)
		}
	}
}

// TestKafkaStatus asks how a node stands with Kafka while the broker comes and
// goes, and one that has nothing to do with Kafka.
func TestKafkaStatus(t *testing.T) {
	t.Parallel()
	b := newBroker(t, "out", "in")
	alone, s := start(t), start(t, b.produced("--kafka-consume", "in")...)
	shows := func(s *server, what string, connected bool) {
		t.Helper()
		want := fmt.Sprintf(`{"producer":{"connected":%v},"consumer":{"connected":%v,"currentAggregation":{}}}`, connected, connected)
		eventually(t, what+": "+want, func() bool {
			var status json.RawMessage
			s.get("/kafka/status", &status)
			return string(status) == want
		})
	}
	shows(alone, "without Kafka", false)
	shows(s, "before the broker is there", false)
	b.start()
	shows(s, "with a broker", true)
	s.publish("a", `{"n":1}`)
	b.stop()
	shows(s, "while the broker is away", false)
	s.publish("a", `{"n":2}`)
	b.start()
	shows(s, "when the broker is back", true)
}
