package e2e_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
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
	s.Kill()
	s = s.again()
	publish(51, 60)
	s.Kill()
	inspect := parlor(t, "inspect", s.data, "--room", "a")
	if inspect.Wait(); !strings.Contains(inspect.Stdout.String(), "\noutbox     50 messages, 0 events\n") {
		t.Errorf("with 60 messages that are not delivered, of which the history keeps ten:\n%s", inspect.Stdout.String())
	}
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
		proctest.Until(t, what+": "+want, func() bool {
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

// TestKafkaConsume has kcat write records that three nodes publish, of which one
// is killed in the middle. Each record is published once, those of a room in
// their order; and kcat reads what the rooms' publishers would be told.
func TestKafkaConsume(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out")
	f := startFleet(t, 3, b.produced("--kafka-consume", "in")...)
	rooms := []string{"a", "b", "c", "d", "e", "f"}
	const each = 150
	write := func(from, to int) {
		t.Helper()
		var lines strings.Builder
		for n := from; n <= to; n++ {
			for _, room := range rooms {
				fmt.Fprintf(&lines, "%s|{\"n\":%d}\n", room, n)
			}
		}
		kcat(t, lines.String(), "-P", "-b", b.addr, "-t", "in", "-K|", "-H", "event=price")
	}
	has := func(n int) {
		t.Helper()
		proctest.Within(t, sinkPatience, fmt.Sprintf("%d records are published to each room", n), func() error {
			for _, room := range rooms {
				if seq := f.any().info(room).Seq; seq < uint64(n) {
					return fmt.Errorf("%d to %s", seq, room)
				}
			}
			return nil
		})
	}
	write(1, each)
	has(1)
	victim := f.nodes[1]
	f.crash(victim)
	write(each+1, 2*each)
	has(2 * each)
	f.start(victim)
	f.settled()
	write(2*each+1, 3*each)
	has(3 * each)
	for _, room := range rooms {
		history := f.any().history(room)
		if len(history) != 3*each {
			t.Fatalf("%s has %d messages, want %d", room, len(history), 3*each)
		}
		for i, m := range history {
			if want := fmt.Sprintf(`{"n":%d,"timestamp":`, i+1); !strings.HasPrefix(string(m.Data), want) || m.Event != "price" || position(t, m.ID).Seq != uint64(i+1) {
				t.Fatalf("%s: message %d is %s %s %s", room, i+1, m.ID, m.Event, m.Data)
			}
		}
		b.kcatReads(room, history)
	}
}

// kcatReads wants kcat to find these messages of a room in topic out.
func (b *broker) kcatReads(room string, messages []kept) {
	b.t.Helper()
	type record struct {
		Key     string
		Headers []string
		Payload string
	}
	newest := messages[len(messages)-1].ID
	out := b.read("out")
	out.until(map[string]string{room: newest})
	found := make(map[string]record)
	for line := range strings.Lines(kcat(b.t, "", "-C", "-b", b.addr, "-t", "out", "-o", "beginning", "-e", "-q", "-J")) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			b.t.Fatalf("%s: %v", line, err)
		}
		if r.Key == room && len(r.Headers) > 1 {
			found[r.Headers[1]] = r
		}
	}
	for _, m := range messages {
		want := record{room, []string{"id", m.ID, "room", room, "kind", "room", "event", m.Event}, string(m.Data)}
		if got := found[m.ID]; !reflect.DeepEqual(got, want) {
			b.t.Fatalf("kcat reads %+v, want %+v", got, want)
		}
	}
	if len(found) != len(messages) {
		b.t.Errorf("kcat reads %d messages of %s, want %d", len(found), room, len(messages))
	}
}
