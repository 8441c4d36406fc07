package agree_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
)

// planCase is a row of the tables. Rings and want are separated by " | ".
type planCase struct {
	name     string
	rings    string
	seen     string
	done     string // nodes that have handed over for the ring in force, with the life they reported under
	caughtUp string // learners, likewise
	led      time.Duration
	settling bool // the ring in force is brand new
	reason   agree.Reason
	want     string // rings; empty: as before
	nodes    string // whom the change concerns; empty: not checked
}

func (c planCase) run(t *testing.T) {
	d := document(t, strings.Split(c.rings, " | ")...)
	o := observation(t, c.seen)
	if c.led > 0 {
		o.Led = c.led
	}
	if c.settling {
		o.InForce = 0
	}
	last := d.Last().Version
	d.Done, d.CaughtUp = map[string]agree.Report{}, map[string]agree.Report{}
	for _, m := range members(t, c.done) {
		d.Done[m.Name] = agree.Report{Version: last, Life: m.Life}
	}
	for _, m := range members(t, c.caughtUp) {
		d.CaughtUp[m.Name] = agree.Report{Version: last, Life: m.Life}
	}
	before := rings(d)
	next, change := agree.Plan(d, o, agree.DefaultRules())
	if after := rings(d); after != before {
		t.Fatalf("Plan changed its argument from %s to %s", before, after)
	}
	want := c.want
	if want == "" {
		want = before
	}
	if got := rings(next); change.Reason != c.reason || got != want {
		t.Fatalf("%s: %s\nwant %s: %s", change, got, c.reason, want)
	}
	if c.nodes != "" && strings.Join(change.Nodes, " ") != c.nodes {
		t.Fatalf("concerns %v, want %s", change.Nodes, c.nodes)
	}
	moved := uint64(0)
	if change.Reason != agree.ReasonNone {
		moved = 1
	}
	if next.Number != d.Number+moved {
		t.Fatalf("number %d after %d", next.Number, d.Number)
	}
	if err := next.Validate(); err != nil {
		t.Fatal(err)
	}
	if again, second := agree.Plan(d, o, agree.DefaultRules()); !reflect.DeepEqual(again, next) || !reflect.DeepEqual(second, change) {
		t.Fatal("the same arguments gave another answer")
	}
}

func runCases(t *testing.T, cases []planCase) {
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

func TestPlanDead(t *testing.T) {
	runCases(t, []planCase{
		{name: "all here", rings: "a1 b1 c1", seen: "a1 b1 c1"},
		{name: "one dead", rings: "a1 b1 c1", seen: "a1 b1 -c:dead", reason: "dead", want: "1: a1 b1 c1 | 2: a1 b1", nodes: "c"},
		{name: "not yet dead", rings: "a1 b1 c1", seen: "a1 b1 -c:away"},
		{name: "crash is proven", rings: "a1 b1 c1", seen: "a1 b1 -c:crashed", reason: "dead", want: "1: a1 b1 c1 | 2: a1 b1"},
		{name: "said goodbye", rings: "a1 b1 c1", seen: "a1 b1 -c:left", reason: "dead", want: "1: a1 b1 c1 | 2: a1 b1"},
		{name: "nothing known", rings: "a1 b1 c1", seen: "a1 b1"},
		{name: "two at once", rings: "a1 b1 c1 d1 e1", seen: "a1 b1 c1 -d:dead -e:crashed", reason: "dead", want: "1: a1 b1 c1 d1 e1 | 2: a1 b1 c1", nodes: "d e"},
		{name: "never seen, new leader", rings: "a1 b1 c1", seen: "a1 b1 -c:unseen", led: 4 * time.Second},
		{name: "never seen, old leader", rings: "a1 b1 c1", seen: "a1 b1 -c:unseen", led: 5 * time.Second, reason: "dead", want: "1: a1 b1 c1 | 2: a1 b1"},
		{name: "never seen, new process", rings: "a1 b1 c1", seen: "a1 b1 -c:new"},
		{name: "seen to die, new leader", rings: "a1 b1 c1", seen: "a1 b1 -c:dead", led: 1, reason: "dead", want: "1: a1 b1 c1 | 2: a1 b1"},
		{name: "while hand-over is unfinished", rings: "a1 b1 c1 | a1 b1", seen: "a1 -b:dead -c:dead", reason: "dead", want: "1: a1 b1 c1 | 2: a1 b1 | 3: a1"},
		{name: "last holder stays", rings: "a1", seen: "-a:dead"},
		{name: "last holders stay", rings: "a1 b1", seen: "-a:dead -b:dead"},
		{name: "front goes while the last holder stays", rings: "a1 f1:front", seen: "-a:dead -f:dead", reason: "dead", want: "1: a1 f1:front | 2: a1"},
		{name: "learner does not replace the last holder", rings: "a1 b1:learner", seen: "-a:dead b1"},
		{name: "learner goes", rings: "a1 b1:learner", seen: "a1 -b:dead", reason: "dead", want: "1: a1 b1:learner | 2: a1"},
		{name: "leaving goes", rings: "a1 b1:leaving", seen: "a1 -b:left", reason: "dead", want: "1: a1 b1:leaving | 2: a1"},
	})
}

func TestPlanRestarted(t *testing.T) {
	runCases(t, []planCase{
		{name: "one of three learns", rings: "a1 b1 c1", seen: "a1 b1 c2", reason: "restarted", want: "1: a1 b1 c1 | 2: a1 b1 c2:learner", nodes: "c"},
		{name: "two of three stay", rings: "a1 b1 c1", seen: "a1 b2 c2", reason: "restarted", want: "1: a1 b1 c1 | 2: a1 b2 c2"},
		{name: "two of five learn", rings: "a1 b1 c1 d1 e1", seen: "a1 b1 c1 d2 e2", reason: "restarted", want: "1: a1 b1 c1 d1 e1 | 2: a1 b1 c1 d2:learner e2:learner"},
		{name: "one of two stays", rings: "a1 b1", seen: "a1 b2", reason: "restarted", want: "1: a1 b1 | 2: a1 b2"},
		{name: "the only one stays", rings: "a1", seen: "a2", reason: "restarted", want: "1: a1 | 2: a2"},
		{name: "all of three stay", rings: "a1 b1 c1", seen: "a2 b2 c2", reason: "restarted", want: "1: a1 b1 c1 | 2: a2 b2 c2"},
		{name: "new leader waits for the third", rings: "a1 b1 c1", seen: "a2 b2 -c:new", led: time.Second},
		{name: "but not for long", rings: "a1 b1 c1", seen: "a2 b2 -c:new", led: 2 * time.Second, reason: "restarted", want: "1: a1 b1 c1 | 2: a2 b2 c1"},
		{name: "and not if all are here", rings: "a1 b1 c1", seen: "a2 b2 c1", led: 1, reason: "restarted", want: "1: a1 b1 c1 | 2: a2 b2 c1"},
		{name: "the third comes late", rings: "a1 b1 c1 | a2 b2 c1", seen: "a2 b2 c2", reason: "restarted", want: "1: a1 b1 c1 | 2: a2 b2 c1 | 3: a2 b2 c2:learner"},
		{name: "learner begins anew", rings: "a1 b1:learner", seen: "a1 b2", reason: "restarted", want: "1: a1 b1:learner | 2: a1 b2:learner"},
		{name: "learners count for nothing", rings: "a1 b1:learner c1:learner", seen: "a1 b2 c2", reason: "restarted", want: "1: a1 b1:learner c1:learner | 2: a1 b2:learner c2:learner"},
		{name: "front", rings: "a1 f1:front", seen: "a1 f2:front", reason: "restarted", want: "1: a1 f1:front | 2: a1 f2:front"},
		{name: "dead goes first", rings: "a1 b1 c1", seen: "a1 b2 -c:dead", reason: "dead", want: "1: a1 b1 c1 | 2: a1 b1"},
		{name: "same life is no restart", rings: "a1 b1 c1", seen: "a1 b1 c1"},
	})
}

func TestPlanLeave(t *testing.T) {
	runCases(t, []planCase{
		{name: "holder", rings: "a1 b1 c1", seen: "a1 b1 c1:leaving", reason: "leave", want: "1: a1 b1 c1 | 2: a1 b1 c1:leaving", nodes: "c"},
		{name: "two at once", rings: "a1 b1 c1", seen: "a1 b1:leaving c1:leaving", reason: "leave", want: "1: a1 b1 c1 | 2: a1 b1:leaving c1:leaving"},
		{name: "last holder", rings: "a1", seen: "a1:leaving"},
		{name: "one of all has to stay", rings: "a1 b1", seen: "a1:leaving b1:leaving", reason: "leave", want: "1: a1 b1 | 2: a1:leaving b1"},
		{name: "last holder that is here", rings: "a1 b1", seen: "a1:leaving -b:away"},
		{name: "learner", rings: "a1 b1:learner", seen: "a1 b1:leaving", reason: "leave", want: "1: a1 b1:learner | 2: a1 b1:leaving"},
		{name: "front", rings: "a1 f1:front", seen: "a1 f1:front:leaving", reason: "leave", want: "1: a1 f1:front | 2: a1 f1:front:leaving"},
		{name: "is leaving already", rings: "a1 b1:leaving", seen: "a1 b1:leaving"},
		{name: "while hand-over is unfinished", rings: "a1 b1 c1 | a1 b1 c1:leaving", seen: "a1 b1:leaving c1:leaving", reason: "leave", want: "1: a1 b1 c1 | 2: a1 b1 c1:leaving | 3: a1 b1:leaving c1:leaving"},
		{name: "stays after all", rings: "a1 b1:leaving", seen: "a1 b1", reason: "return", want: "1: a1 b1:leaving | 2: a1 b1:learner"},
		{name: "front stays after all", rings: "a1 f1:front:leaving", seen: "a1 f1:front", reason: "return", want: "1: a1 f1:front:leaving | 2: a1 f1:front"},
		{name: "came back with another life", rings: "a1 b1:leaving", seen: "a1 b2", reason: "restarted", want: "1: a1 b1:leaving | 2: a1 b2:leaving"},
	})
}

func TestPlanJoin(t *testing.T) {
	runCases(t, []planCase{
		{name: "learner", rings: "a1 b1", seen: "a1 b1 c1", reason: "join", want: "1: a1 b1 | 2: a1 b1 c1:learner", nodes: "c"},
		{name: "front", rings: "a1 b1", seen: "a1 b1 f1:front", reason: "join", want: "1: a1 b1 | 2: a1 b1 f1:front"},
		{name: "several at once", rings: "b1", seen: "b1 a1 f1:front c1", reason: "join", want: "1: b1 | 2: a1:learner b1 c1:learner f1:front", nodes: "a c f"},
		{name: "waits for hand-over", rings: "a1 b1 c1 | a1 b1", seen: "a1 b1 d1"},
		{name: "front does not", rings: "a1 b1 c1 | a1 b1", seen: "a1 b1 f1:front", reason: "join", want: "1: a1 b1 c1 | 2: a1 b1 | 3: a1 b1 f1:front"},
		{name: "whoever is leaving does not join", rings: "a1 b1", seen: "a1 b1 c1:leaving"},
		{name: "first holder has nothing to learn", rings: "f1:front", seen: "f1:front a1 b1", reason: "join", want: "1: f1:front | 2: a1 b1 f1:front"},
		{name: "removed one comes back", rings: "a1 b1", seen: "a1 b1 c2", reason: "join", want: "1: a1 b1 | 2: a1 b1 c2:learner"},
	})
}

func TestPlanPromote(t *testing.T) {
	runCases(t, []planCase{
		{name: "caught up", rings: "a1 b1:learner", seen: "a1 b1", caughtUp: "b1", reason: "promote", want: "1: a1 b1:learner | 2: a1 b1", nodes: "b"},
		{name: "two at once", rings: "a1 b1:learner c1:learner", seen: "a1 b1 c1", caughtUp: "b1 c1", reason: "promote", want: "1: a1 b1:learner c1:learner | 2: a1 b1 c1"},
		{name: "one of two", rings: "a1 b1:learner c1:learner", seen: "a1 b1 c1", caughtUp: "c1", reason: "promote", want: "1: a1 b1:learner c1:learner | 2: a1 b1:learner c1"},
		{name: "not caught up", rings: "a1 b1:learner", seen: "a1 b1"},
		{name: "under another life", rings: "a1 b2:learner", seen: "a1 b2", caughtUp: "b1"},
		{name: "not here", rings: "a1 b1:learner", seen: "a1 -b:away", caughtUp: "b1"},
		{name: "waits for hand-over", rings: "a1 c1 | a1 b1:learner", seen: "a1 b1 -c:dead", caughtUp: "b1"},
		{name: "leaving", rings: "a1 b1:learner", seen: "a1 b1:leaving", caughtUp: "b1", reason: "leave", want: "1: a1 b1:learner | 2: a1 b1:leaving"},
	})
}

func TestPlanRetire(t *testing.T) {
	runCases(t, []planCase{
		{name: "all have handed over", rings: "a1 b1 c1 | a1 b1 c1:leaving", seen: "a1 b1 c1:leaving", done: "a1 b1 c1", reason: "retire", want: "2: a1 b1 c1:leaving"},
		{name: "a member here has not", rings: "a1 b1 c1 | a1 b1 c1:leaving", seen: "a1 b1 c1:leaving", done: "a1 b1"},
		{name: "a member away has not", rings: "a1 b1 c1 | a1 b1 c1:leaving", seen: "a1 b1 -c:away", done: "a1 b1", reason: "retire", want: "2: a1 b1 c1:leaving"},
		{name: "one of three is dead", rings: "a1 b1 c1 | a1 b1", seen: "a1 b1 -c:dead", done: "a1 b1", reason: "retire", want: "2: a1 b1"},
		{name: "two of three are dead", rings: "a1 b1 c1 | a1", seen: "a1 -b:dead -c:dead", done: "a1"},
		{name: "one of them is lost", rings: "a1 b1:lost c1 | a1", seen: "a1 -b:gone -c:dead", done: "a1"},
		{name: "both are lost", rings: "a1 b1:lost c1:lost | a1", seen: "a1 -b:gone -c:gone", done: "a1", reason: "retire", want: "2: a1"},
		{name: "two of five are dead", rings: "a1 b1 c1 d1 e1 | a1 b1 c1", seen: "a1 b1 c1 -d:dead -e:dead", done: "a1 b1 c1"},
		{name: "one of two is dead", rings: "a1 b1 | a1", seen: "a1 -b:dead", done: "a1", reason: "retire", want: "2: a1"},
		{name: "a removed one is back and silent", rings: "a1 b1 c1 | a1", seen: "a1 b1 -c:dead", done: "a1"},
		{name: "a removed one is back and reports", rings: "a1 b1 c1 | a1", seen: "a1 b1 -c:dead", done: "a1 b1", reason: "retire", want: "2: a1"},
		{name: "and may have lost something", rings: "a1 b1 c1 | a1", seen: "a1 b2 -c:dead", done: "a1 b2"},
		{name: "one restarted", rings: "a1 b1 c1 | a1 b1 c2:learner", seen: "a1 b1 c2", done: "a1 b1 c2", reason: "retire", want: "2: a1 b1 c2:learner"},
		{name: "one restarted, one dead", rings: "a1 b1 c1 | a1 c2:learner", seen: "a1 -b:dead c2", done: "a1 c2"},
		{name: "all restarted", rings: "a1 b1 c1 | a2 b2 c2", seen: "a2 b2 c2", done: "a2 b2 c2", reason: "retire", want: "2: a2 b2 c2"},
		{name: "all restarted, one silent", rings: "a1 b1 c1 | a2 b2 c2", seen: "a2 b2 -c:away", done: "a2 b2"},
		{name: "both of two restarted", rings: "a1 b1 | a2 b2", seen: "a2 b2", done: "a2 b2", reason: "retire", want: "2: a2 b2"},
		{name: "one of two restarted, one silent", rings: "a1 b1 | a2 b1", seen: "a2 -b:away", done: "a2"},
		{name: "the only one restarted", rings: "a1 | a2", seen: "a2", done: "a2", reason: "retire", want: "2: a2"},
		{name: "the only one left", rings: "a1 | a1:leaving b1", seen: "a1:leaving b1", done: "b1"},
		{name: "same places", rings: "a1 b1 | a1 b1 c1:learner", seen: "a1 b1 c1", reason: "retire", want: "2: a1 b1 c1:learner"},
		{name: "same places, brand new", rings: "a1 b1 | a1 b1 c1:learner", seen: "a1 b1 c1", settling: true},
		{name: "same places in between", rings: "a1 b1 | a1 | a1 f1:front", seen: "a1 -b:dead f1:front", reason: "retire", want: "1: a1 b1 | 3: a1 f1:front"},
		{name: "same names, other lives", rings: "a1 b1 c1 | a1 b1 c2", seen: "a1 b1 c2"},
		{name: "the oldest first", rings: "a1 b1 | a1 | a1 c1", seen: "a1 -b:dead c1", done: "a1 c1", reason: "retire", want: "2: a1 | 3: a1 c1"},
		{name: "no holders", rings: "f1:front | a1 f1:front", seen: "a1 f1:front", reason: "retire", want: "2: a1 f1:front"},
	})
}

func TestPlanLost(t *testing.T) {
	runCases(t, []planCase{
		{name: "gone for long", rings: "a1 b1 c1 | a1", seen: "a1 -b:gone -c:dead", reason: "lost", want: "1: a1 b1:lost c1 | 2: a1", nodes: "b"},
		{name: "in all rings", rings: "a1 b1 c1 d1 e1 | a1 b1 c1 d1 | a1 b1", seen: "a1 b1 -c:gone -d:gone -e:dead", reason: "lost",
			want: "1: a1 b1 c1:lost d1:lost e1 | 2: a1 b1 c1:lost d1:lost | 3: a1 b1", nodes: "c d"},
		{name: "not for long enough", rings: "a1 b1 c1 | a1", seen: "a1 -b:dead -c:dead"},
		{name: "back again", rings: "a1 b1:lost c1 | a1", seen: "a1 b1 -c:dead", reason: "found", want: "1: a1 b1 c1 | 2: a1"},
		{name: "the last holder is not lost", rings: "a1", seen: "-a:gone"},
	})
}
