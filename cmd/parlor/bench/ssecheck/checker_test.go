package ssecheck_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// event is a published message as a server sends it; an empty id leaves out the
// id line.
func event(id string, m traffic.Message) string {
	text := "event: broadcast\ndata: " + string(traffic.AppendMessage(nil, m, 80)) + "\n\n"
	if id != "" {
		text = "id: " + id + "\n" + text
	}
	return text
}

func byID(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(event(id, traffic.Message{}))
	}
	return b.String()
}

func byCounter(pairs ...[2]uint32) string {
	var b strings.Builder
	for _, p := range pairs {
		b.WriteString(event("1700000000:0", traffic.Message{Source: p[0], N: p[1]}))
	}
	return b.String()
}

const greeting = "retry: 1500\ndata: Connected to SSE stream\n\n"

func TestChecker(t *testing.T) {
	tests := []struct {
		name string
		mode ssecheck.Mode
		in   string
		want ssecheck.Tally
		last string
		// accounted is how far the stream is said to have come.
		accounted uint64
	}{
		{"in order", ssecheck.ByID, greeting + byID("7-1", "7-2", "7-3"),
			ssecheck.Tally{Messages: 3, Others: 1}, "7-3", 3},
		{"crlf", ssecheck.ByID, strings.ReplaceAll(greeting+byID("7-1", "7-2"), "\n", "\r\n"),
			ssecheck.Tally{Messages: 2, Others: 1}, "7-2", 2},
		{"bookmark then the next", ssecheck.ByID, "id: 7-9\n\n" + byID("7-10"),
			ssecheck.Tally{Messages: 1}, "7-10", 1},
		{"bookmark then a skip", ssecheck.ByID, "id: 7-9\n\n" + byID("7-12"),
			ssecheck.Tally{Messages: 1, Missing: 2}, "7-12", 3},
		{"bookmark of the last", ssecheck.ByID, byID("7-9") + "event: heartbeat\nid: 7-9\n\n" + byID("7-10"),
			ssecheck.Tally{Messages: 2}, "7-10", 2},
		{"bookmark ahead", ssecheck.ByID, byID("7-9") + "id: 7-11\n\n",
			ssecheck.Tally{Messages: 1, Missing: 2}, "7-11", 3},
		{"owner change", ssecheck.ByID, byID("7-1", "9-2"),
			ssecheck.Tally{Messages: 2}, "9-2", 2},
		{"owner change with loss", ssecheck.ByID, byID("7-1", "9-4"),
			ssecheck.Tally{Messages: 2, Missing: 2}, "9-4", 4},
		{"older owner", ssecheck.ByID, byID("9-1", "7-2"),
			ssecheck.Tally{Messages: 2, OutOfOrder: 1}, "9-1", 1},
		{"duplicate", ssecheck.ByID, byID("7-1", "7-1", "7-2"),
			ssecheck.Tally{Messages: 3, Duplicates: 1}, "7-2", 2},
		{"out of order", ssecheck.ByID, byID("7-1", "7-3", "7-2", "7-4"),
			ssecheck.Tally{Messages: 4, Missing: 1, OutOfOrder: 1}, "7-4", 4},
		{"no id", ssecheck.ByID, byID("7-1", "", "7-2", "x-3", "7-"),
			ssecheck.Tally{Messages: 5, Malformed: 3}, "7-2", 2},
		{"announced gap", ssecheck.ByID, byID("7-1") + "event: gap\ndata: {\"lost\":5}\n\n" + byID("7-7", "7-8"),
			ssecheck.Tally{Messages: 3, Gaps: 1}, "7-8", 8},
		{"reset", ssecheck.ByID, byID("7-5") + "event: reset\ndata: {}\n\n" + byID("8-1"),
			ssecheck.Tally{Messages: 2, Resets: 1}, "8-1", 2},
		{"updates and heartbeats", ssecheck.ByID, byID("7-1") + ":heartbeat\n\nevent: update\ndata: {\"connectionCount\":1}\n\n" + byID("7-2"),
			ssecheck.Tally{Messages: 2, Others: 1, Comments: 1}, "7-2", 2},
		{"counters", ssecheck.ByCounter, ": hi\n\n" + byCounter([2]uint32{0, 0}, [2]uint32{1, 0}, [2]uint32{0, 1}),
			ssecheck.Tally{Messages: 3, Comments: 1}, "0-0", 3},
		{"counters from the middle", ssecheck.ByCounter, byCounter([2]uint32{0, 2}),
			ssecheck.Tally{Messages: 1, Missing: 2}, "0-0", 3},
		{"counters wrong", ssecheck.ByCounter,
			byCounter([2]uint32{0, 0}, [2]uint32{0, 0}, [2]uint32{0, 1}, [2]uint32{0, 0}, [2]uint32{9, 0}),
			ssecheck.Tally{Messages: 5, Duplicates: 1, OutOfOrder: 1, Malformed: 1}, "0-0", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for seed := range uint64(40) {
				got, s := feed(t, test.mode, test.in, seed)
				if got != test.want {
					t.Fatalf("seed %d: got %+v, want %+v", seed, got, test.want)
				}
				if s.Last.String() != test.last || s.Accounted != test.accounted {
					t.Fatalf("seed %d: stream ends at %v after %d", seed, s.Last, s.Accounted)
				}
			}
		})
	}
}

// feed reads in pieces whose sizes depend on the seed: 0 is all at once, 1 is
// byte by byte. Reads and Bytes are left out of the tally.
func feed(t *testing.T, mode ssecheck.Mode, in string, seed uint64) (ssecheck.Tally, ssecheck.Stream) {
	t.Helper()
	c := ssecheck.NewChecker(mode, 2)
	s := c.NewStream()
	rng := rand.New(rand.NewPCG(seed, 0))
	rest := []byte(in)
	for len(rest) > 0 {
		n := len(rest)
		switch {
		case seed == 1:
			n = 1
		case seed > 1:
			n = 1 + rng.IntN(min(len(rest), 90))
		}
		piece := append([]byte(nil), rest[:n]...)
		if err := c.Feed(&s, piece, 0); err != nil {
			t.Fatal(err)
		}
		clear(piece) // the checker must not keep what it was given
		rest = rest[n:]
	}
	if c.Tally.Bytes != uint64(len(in)) || c.Tally.Reads == 0 {
		t.Fatalf("counted %d bytes in %d reads of %d", c.Tally.Bytes, c.Tally.Reads, len(in))
	}
	c.Tally.Bytes, c.Tally.Reads = 0, 0
	return c.Tally, s
}

func TestLatencyIsSinceSending(t *testing.T) {
	c := ssecheck.NewChecker(ssecheck.ByID, 0)
	s := c.NewStream()
	if err := c.Feed(&s, []byte(event("1-1", traffic.Message{Sent: 100})), 103); err != nil {
		t.Fatal(err)
	}
	if c.Latency.Count() != 1 || c.Latency.Max() != 3 {
		t.Errorf("latency %+v", c.Latency.Summary())
	}
}

func TestLongLineIsRefused(t *testing.T) {
	c := ssecheck.NewChecker(ssecheck.ByID, 0)
	s := c.NewStream()
	piece := []byte(strings.Repeat("x", 1000))
	var err error
	for fed := 0; err == nil && fed <= ssecheck.MaxLine; fed += len(piece) {
		err = c.Feed(&s, piece, 0)
	}
	if !errors.Is(err, ssecheck.ErrLongLine) {
		t.Errorf("got %v", err)
	}
}

func TestFeedAllocatesNothing(t *testing.T) {
	c := ssecheck.NewChecker(ssecheck.ByID, 0)
	s := c.NewStream()
	var whole []byte
	for i := range 50 {
		whole = append(whole, event(fmt.Sprintf("7-%d", i+1), traffic.Message{N: uint32(i)})...)
	}
	// Odd pieces cut lines everywhere, so partial lines come and go.
	read := func() {
		for at := 0; at < len(whole); at += 97 {
			if err := c.Feed(&s, whole[at:min(at+97, len(whole))], 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	read()
	if allocs := testing.AllocsPerRun(20, read); allocs != 0 {
		t.Errorf("%v allocations for 50 events", allocs)
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(greeting+byID("7-1", "7-2")), uint8(5))
	f.Add([]byte("data: {\"bench\":\"\n\nid:\n\n:\r\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		whole, pieces := ssecheck.NewChecker(ssecheck.ByID, 0), ssecheck.NewChecker(ssecheck.ByID, 0)
		a, b := whole.NewStream(), pieces.NewStream()
		if err := whole.Feed(&a, in, 0); err != nil {
			return
		}
		step := int(size)%64 + 1
		for at := 0; at < len(in); at += step {
			if err := pieces.Feed(&b, in[at:min(at+step, len(in))], 0); err != nil {
				t.Fatal(err)
			}
		}
		whole.Tally.Reads, pieces.Tally.Reads = 0, 0
		if whole.Tally != pieces.Tally {
			t.Errorf("whole %+v, in pieces %+v", whole.Tally, pieces.Tally)
		}
	})
}
