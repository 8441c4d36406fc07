package gossip

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func peerAt(name, host string) Peer { return Peer{Name: name, Host: host, Port: 1} }

func TestChooseTargets(t *testing.T) {
	peers := []Peer{peerAt("a", "a"), peerAt("b", "b"), peerAt("self", "self")}
	dead := func(name, host string) Departed { return Departed{Peer: peerAt(name, host)} }
	left := Departed{Peer: peerAt("l", "l"), Left: true}
	crowded := slices.Clone(peers)
	for i := len(crowded); i < 2*crowd; i++ {
		crowded = append(crowded, peerAt(fmt.Sprint("p", i), fmt.Sprint("p", i)))
	}
	tests := []struct {
		name  string
		round int
		seeds string
		peers []Peer
		gone  []Departed
		want  string
	}{
		{"nobody", 0, "", peers, nil, ""},
		{"not itself", 0, "self", peers, nil, ""},
		{"all that are not there", 0, "x y z", peers, nil, "x y z"},
		{"one that is there", 0, "a b x", peers, nil, "x a"},
		{"then the other", 1, "a b x", peers, nil, "x b"},
		{"one of the dead", 0, "a", peers, []Departed{dead("d", "d"), dead("e", "e")}, "a d"},
		{"then the other of the dead", 3, "a", peers, []Departed{dead("d", "d"), dead("e", "e")}, "a e"},
		{"not those who left", 0, "", peers, []Departed{left}, ""},
		{"not where another one is now", 0, "", peers, []Departed{dead("old", "a")}, ""},
		{"a dead seed once", 0, "d", peers, []Departed{dead("d", "d")}, "d"},
		{"one that is there, in a crowd", 0, "a b", crowded, nil, "a"},
		{"not in every round", 1, "a b", crowded, nil, ""},
		{"but later", 3, "a b", crowded, nil, "b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var seeds []string
			for _, s := range strings.Fields(tt.seeds) {
				seeds = append(seeds, s+":1")
			}
			got := strings.ReplaceAll(strings.Join(chooseTargets(tt.round, "self:1", seeds, tt.peers, tt.gone), " "), ":1", "")
			if got != tt.want {
				t.Errorf("got %q, not %q", got, tt.want)
			}
		})
	}
}

func TestExactlyOneWasFirst(t *testing.T) {
	for _, tt := range []struct {
		started, other   uint64
		address, another string
		first            bool
	}{
		{1, 2, "b", "a", true},
		{2, 1, "a", "b", false},
		{1, 1, "a", "b", true},
		{1, 1, "b", "a", false},
		{0, 1, "b", "a", true},
	} {
		if got := wasFirst(tt.started, tt.address, tt.other, tt.another); got != tt.first {
			t.Errorf("%+v: %v", tt, got)
		}
		if got := wasFirst(tt.other, tt.another, tt.started, tt.address); got == tt.first {
			t.Errorf("%+v: both say so", tt)
		}
	}
}

// TestRivalsAreBelievedInTheEnd: others that go on saying that the rival lives,
// for longer than a death stays unnoticed, are right.
func TestRivalsAreBelievedInTheEnd(t *testing.T) {
	r := newRivals()
	now := time.Now()
	for end := now.Add(rivalFor); now.Before(end); now = now.Add(rivalQuiet / 2) {
		r.claim("rival:1", now)
		if address, long := r.standing(); long || address != "rival:1" {
			t.Fatalf("believed %q early", address)
		}
	}
	r.claim("rival:1", now)
	if _, long := r.standing(); !long {
		t.Error("not believed")
	}
	now = now.Add(2 * rivalQuiet)
	if r.claim("rival:2", now); !r.pressing(now) || r.pressing(now.Add(rivalFresh)) {
		t.Error("a claim presses for a moment")
	}
	if address, long := r.standing(); long || address != "rival:2" {
		t.Error("a new story begins where the old one ended")
	}
}

func TestCensusIsBounded(t *testing.T) {
	c := newCensus()
	for i := range maxGone + 10 {
		c.put(peerAt(fmt.Sprint(i), "h"))
		c.remove(fmt.Sprint(i), time.Now())
	}
	gone := c.departed()
	if len(gone) != maxGone || gone[0].Name != fmt.Sprint(maxGone+9) {
		t.Errorf("%d are gone, the latest is %s", len(gone), gone[0].Name)
	}
	for i := range maxPeers {
		c.put(peerAt(fmt.Sprint("p", i), "h"))
	}
	if c.room("one more") || !c.room("p7") {
		t.Error("the bound is not kept, or keeps out those that are in")
	}
}

func TestLimiter(t *testing.T) {
	now := time.Now()
	l := newLimiter(func() time.Time { return now })
	allow := func(kind, who string, want bool, wantSuppressed int) {
		t.Helper()
		if ok, n := l.allow(kind, who); ok != want || n != wantSuppressed {
			t.Errorf("%s %s: %v, %d", kind, who, ok, n)
		}
	}
	allow("key", "a", true, 0)
	allow("key", "a", false, 0)
	allow("key", "a", false, 0)
	allow("key", "b", true, 0)
	allow("label", "a", true, 0)
	now = now.Add(quietFor)
	allow("key", "a", true, 2)

	// However many strangers there are, the log stays readable.
	lines := 0
	for i := range 100 * maxQuieted {
		if ok, _ := l.allow("key", fmt.Sprint("stranger ", i)); ok {
			lines++
		}
	}
	if lines > maxQuieted+1 || len(l.kinds) > maxQuieted+2 {
		t.Errorf("%d lines, %d kinds", lines, len(l.kinds))
	}
	now = now.Add(quietFor)
	allow("key", "late", true, 0)
}

func TestSender(t *testing.T) {
	for line, want := range map[string]string{
		"Decrypt packet failed: x from=10.0.0.1:7946":        "10.0.0.1",
		"failed to receive: x from=[::1]:7946":               "[::1]",
		"discarding stream from=10.0.0.1:7946 with no label": "10.0.0.1",
		"from=<unknown address>":                             "",
		"nobody":                                             "",
	} {
		if got := sender(line); got != want {
			t.Errorf("%q: got %q", line, got)
		}
	}
}
