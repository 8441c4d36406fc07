package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

const (
	plainStream = "/events"
	namedStream = "/connect?room=global&replay=0" // the same, for those who tell messages from bookmarks
)

// TestProgram tries the program as its users do.
func TestProgram(t *testing.T) {
	program := proctest.Build(t, ".")
	for name, test := range map[string]func(t *testing.T, program string){
		"events": events, "killed": killed, "three nodes": threeNodes, "no Kafka": noKafka, "summaries": summaries,
		"bad flags": badFlags, "delivered": delivered,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

var eventBytes = regexp.MustCompile(`^id: \d+-\d+\ndata: {"payload":{"date":\d{13},"times":\d+}}\n$`)

// events wants the bytes of /events to be those that its readers expect.
func events(t *testing.T, program string) {
	n := nodetest.Start(t, program, "--interval", "50ms")
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL(plainStream), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.(*http.Transport).Clone().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream;charset=utf-8", "Cache-Control": "no-cache, no-transform",
		"Access-Control-Allow-Origin": "*", "X-Accel-Buffering": "no",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	lines := bufio.NewScanner(resp.Body)
	var block strings.Builder
	for seen := 0; seen < 5 && lines.Scan(); {
		if text := lines.Text(); text != "" {
			block.WriteString(text + "\n")
			continue
		}
		if got := block.String(); strings.Contains(got, "data:") {
			if seen++; !eventBytes.MatchString(got) {
				t.Errorf("an event is\n%s", got)
			}
		}
		block.Reset()
	}
	if lines.Err() != nil {
		t.Error(lines.Err())
	}
}

// payload is what an event says.
type payload struct {
	Date  int64
	Times uint64
}

// heard returns what a stream has heard once it is so much.
func heard(t *testing.T, s *nodetest.Stream, count int) []payload {
	t.Helper()
	var list []payload
	for _, e := range s.Wait(count, "broadcast") {
		list = append(list, payloadOf(t, e))
	}
	return list
}

func payloadOf(t *testing.T, e sse.Event) payload {
	t.Helper()
	var body struct{ Payload payload }
	if err := json.Unmarshal(e.Data, &body); err != nil {
		t.Fatalf("%s: %v", e.Data, err)
	}
	return body.Payload
}

// wantRising wants numbers to rise by one and dates by the interval or more.
func wantRising(t *testing.T, list []payload, every time.Duration) {
	t.Helper()
	for i := 1; i < len(list); i++ {
		if list[i].Times != list[i-1].Times+1 || list[i].Date < list[i-1].Date+every.Milliseconds() {
			t.Errorf("%+v follows on %+v", list[i], list[i-1])
		}
	}
}

// killed kills the program while it counts; it counts on by itself.
func killed(t *testing.T, program string) {
	const every = 50 * time.Millisecond
	n := nodetest.Start(t, program, "--interval", every.String())
	first := heard(t, n.Open(namedStream), 3)
	n.Kill()
	n.Run()
	second := heard(t, n.Open("/connect?room=global"), 13) // the last ten, and more
	wantRising(t, first, every)
	wantRising(t, second, every)
	if last := first[len(first)-1].Times; second[0].Times > last+1 || second[12].Times <= last {
		t.Errorf("it counted to %d, and after the kill from %d to %d", last, second[0].Times, second[12].Times)
	}
}

// threeNodes listens at two nodes while the one that counts is killed.
func threeNodes(t *testing.T, program string) {
	const every = 100 * time.Millisecond
	c := nodetest.StartCluster(t, program, 3, "--interval", every.String())
	// The room that counts is private: only the program itself can say who owns it,
	// so that each node is killed in turn.
	for _, victim := range c.Nodes {
		others := c.Others(victim)
		one, other := others[0].Open(namedStream), others[1].Open(namedStream)
		heard(t, one, 3)
		victim.Kill()
		before := len(heard(t, one, 3))
		wantRising(t, heard(t, one, before+10), every)
		wantRising(t, heard(t, other, 10), every)
		one.Close()
		other.Close()
		victim.Run()
		c.Settle()
	}
}

// wantStatus waits until /kafka/status answers exactly that.
func wantStatus(t *testing.T, n *nodetest.Node, want string) {
	t.Helper()
	proctest.Eventually(t, "status "+want, func() error {
		a, err := n.Ask(http.MethodGet, "/kafka/status", "", "")
		if err != nil || a.Status != http.StatusOK || strings.TrimSpace(string(a.Body)) != want {
			return fmt.Errorf("%v, %w", a, err)
		}
		return nil
	})
}

const emptyStats = `"currentAggregation":{"currentBuffer":0,"stats":{"totalEvents":0,"sumOfValues":0,"minValue":null,"maxValue":null,"lastEventTime":null,"firstEventTime":null}}`

// noKafka runs without brokers, and with one that does not answer: the stream
// does not mind.
func noKafka(t *testing.T, program string) {
	for _, flags := range [][]string{nil, {"--kafka-brokers", "127.0.0.1:1"}} {
		n := nodetest.Start(t, program, append(flags, "--interval", "50ms")...)
		heard(t, n.Open(namedStream), 3)
		wantStatus(t, n, `{"producer":{"connected":false},"consumer":{"connected":false,`+emptyStats+`}}`)
	}
}

// summaries has the program sum up events in Kafka, and kills it over a window
// that is half full.
func summaries(t *testing.T, program string) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events-topic", summaryTopic))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	brokers := strings.Join(broker.ListenAddrs(), ",")
	n := nodetest.Start(t, program, "--kafka-brokers", brokers, "--interval", "1h")
	wantStatus(t, n, `{"producer":{"connected":true},"consumer":{"connected":true,`+emptyStats+`}}`)
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.ConsumeTopics(summaryTopic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	write := func(from, to int) {
		t.Helper()
		for i := from; i <= to; i++ {
			r := numbered(i, 0).record
			r.Topic = "events-topic"
			if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	next := func() (s summary) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
		defer cancel()
		records := client.PollRecords(ctx, 1).Records()
		if len(records) != 1 {
			t.Fatalf("no summary: %v", ctx.Err())
		}
		if err := json.Unmarshal(records[0].Value, &s); err != nil || string(records[0].Key) != s.ID {
			t.Errorf("%s %s: %v", records[0].Key, records[0].Value, err)
		}
		return s
	}
	write(1, 13)
	if s := next(); s.Statistics != (statistics{Total: 10, Sum: 55, Average: 5.5, Min: 1, Max: 10}) || len(s.Sample) != 5 {
		t.Errorf("the first summary is %+v", s)
	}
	wantStatus(t, n, `{"producer":{"connected":true},"consumer":{"connected":true,"currentAggregation":{"currentBuffer":3,"stats":{`+
		`"totalEvents":3,"sumOfValues":36,"minValue":11,"maxValue":13,`+
		`"lastEventTime":"2026-01-02T12:00:13.000Z","firstEventTime":"2026-01-02T12:00:11.000Z"}}}}`)
	n.Kill()
	n.Run()
	write(14, 20)
	if s := next(); s.Statistics != (statistics{Total: 10, Sum: 155, Average: 15.5, Min: 11, Max: 20}) {
		t.Errorf("the summary after the kill is %+v", s)
	}
}

func badFlags(t *testing.T, program string) {
	for _, flags := range [][]string{{"--interval", "often"}, {"--interval", "0s"}, {"--kafka-brokers", "nowhere"}} {
		args := append([]string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--admin", "off"}, flags...)
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		if _, ok := err.(*exec.ExitError); !ok || !strings.Contains(string(out), flags[1]) {
			t.Errorf("%q: %v, %s", flags, err, out)
		}
	}
}
