package agree_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
)

func TestPlanWritesDownNewAddresses(t *testing.T) {
	d := document(t, "a1 b1 c1", "a1 b1")
	d.Rings[1].Version, d.Rings[1].Placed = 2, 2
	o := observation(t, "a1 b1 -c:dead")
	s := o.Alive["b"]
	s.Actors, s.Control, s.Raft = "host:3", "host:2", "store"
	o.Alive["b"] = s
	next, change := agree.Plan(d, o, agree.DefaultRules())
	if change.Reason != agree.ReasonMoved || rings(next) != rings(d) {
		t.Fatalf("%s: %s", change, rings(next))
	}
	for _, r := range next.Rings {
		if m, _ := r.Member("b"); m.Actors != "host:3" || m.Control != "host:2" || m.Raft != "store" {
			t.Fatalf("ring %d: %+v", r.Version, m)
		}
	}
	if _, change := agree.Plan(next, o, agree.DefaultRules()); change.Reason != agree.ReasonNone {
		t.Fatalf("again: %s", change)
	}
}

func TestPlanRefusesTooManyRings(t *testing.T) {
	names := strings.Split("abcdefghijklmnopqrst", "")
	var all []string
	for i := range agree.MaxRings {
		all = append(all, strings.Join(names[:len(names)-i], "1 ")+"1")
	}
	d := document(t, all...)
	seen := "-" + names[len(names)-agree.MaxRings] + ":dead"
	next, change := agree.Plan(d, observation(t, seen), agree.DefaultRules())
	if !change.Refused || change.Reason != agree.ReasonDead || rings(next) != rings(d) || next.Number != d.Number {
		t.Fatalf("%+v: %s", change, rings(next))
	}
}

// TestCatchingUpBesideTheSameHolders promotes a learner that caught up under an
// older ring with the same holders, and only such a one.
func TestCatchingUpBesideTheSameHolders(t *testing.T) {
	d := document(t, "a1 b1:learner", "a1 b1:learner f1:front")
	d.Rings = d.Rings[1:]
	for version, want := range map[uint64]agree.Reason{1: agree.ReasonPromote, 2: agree.ReasonPromote, 3: agree.ReasonNone} {
		d.CaughtUp = map[string]agree.Report{"b": {Version: version, Life: 1}}
		if _, change := agree.Plan(d, observation(t, "a1 b1 f1:front"), agree.DefaultRules()); change.Reason != want {
			t.Errorf("caught up under ring %d: %s", version, change)
		}
	}
	d = document(t, "a1 b1:learner c1:learner", "a1 b1:learner c1")
	d.Rings = d.Rings[1:]
	d.CaughtUp = map[string]agree.Report{"b": {Version: 1, Life: 1}}
	if _, change := agree.Plan(d, observation(t, "a1 b1 c1"), agree.DefaultRules()); change.Reason != agree.ReasonNone {
		t.Errorf("caught up with fewer holders: %s", change)
	}
}

func TestReports(t *testing.T) {
	d := document(t, "a1 b1 c1", "a1 b2:learner")
	for _, c := range []struct {
		name, node    string
		version, life uint64
		done, caught  bool
	}{
		{"a holder", "a", 2, 1, true, false},
		{"a learner", "b", 2, 2, true, true},
		{"a learner under another life", "b", 2, 1, true, false},
		{"of the ring before", "b", 1, 2, true, false},
		{"of a ring to come", "a", 3, 1, false, false},
		{"one that was removed", "c", 2, 1, true, false},
		{"a stranger", "x", 2, 1, false, false},
		{"nothing", "a", 0, 1, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := agree.Report{Version: c.version, Life: c.life}
			next, news := agree.ReportDone(d, c.node, r)
			if news != c.done || news && (next.Done[c.node] != r || next.Number != d.Number+1) || d.Done != nil {
				t.Errorf("done: %v, %v", news, next.Done)
			}
			if _, again := agree.ReportDone(next, c.node, r); again {
				t.Error("done twice")
			}
			next, news = agree.ReportCaughtUp(d, c.node, r)
			if news != c.caught || news && (next.CaughtUp[c.node] != r || next.Number != d.Number+1) || d.CaughtUp != nil {
				t.Errorf("caught up: %v, %v", news, next.CaughtUp)
			}
			if _, again := agree.ReportCaughtUp(next, c.node, r); again {
				t.Error("caught up twice")
			}
		})
	}
	if _, news := agree.ReportDone(agree.Document{}, "a", agree.Report{Version: 1}); news {
		t.Error("a report before anything was agreed")
	}
}

// TestRetireLosesNothing compares retire, for every way in which up to five
// holders can stand, with all the places where a message may lie.
func TestRetireLosesNothing(t *testing.T) {
	const (
		trusted = iota // reported under its life
		other          // reported under another
		lost
		silent
		kinds
	)
	for holders := 1; holders <= 5; holders++ {
		for replicas := 1; replicas <= 5; replicas++ {
			total := 1
			for range holders {
				total *= kinds
			}
			for code := range total {
				stand := make([]int, holders)
				for i, c := 0, code; i < holders; i, c = i+1, c/kinds {
					stand[i] = c % kinds
				}
				d := document(t, "a1", "z1")
				d.Replicas = replicas
				d.Rings[0].Members = nil
				d.Done = map[string]agree.Report{}
				for i, s := range stand {
					name := string(rune('a' + i))
					d.Rings[0].Members = append(d.Rings[0].Members, agree.Member{Name: name, Life: 1, Room: true, Lost: s == lost})
					switch s {
					case trusted:
						d.Done[name] = agree.Report{Version: 2, Life: 1}
					case other:
						d.Done[name] = agree.Report{Version: 2, Life: 2}
					}
				}
				_, change := agree.Plan(d, observation(t, "z1"), agree.DefaultRules())
				retired := change.Reason == agree.ReasonRetire
				if safe := accountedFor(stand, replicas, trusted, silent); retired != safe {
					t.Fatalf("%d replicas, holders stand %v: retired %v, safe %v", replicas, stand, retired, safe)
				}
			}
		}
	}
}

// accountedFor reports whether whatever W of R holders have committed is known
// to one that has reported, if no more disks have lost what they held than the
// contract tolerates.
func accountedFor(stand []int, replicas, trusted, silent int) bool {
	r := min(replicas, len(stand))
	w := r/2 + 1
	tolerated := 0
	if r > 1 {
		tolerated = max(r-w, 1)
	}
	for set := range 1 << len(stand) { // the holders that committed
		var count, known, mayHaveLost int
		for i, s := range stand {
			if set&(1<<i) == 0 {
				continue
			}
			count++
			switch {
			case s == trusted:
				known++
			case s != silent:
				mayHaveLost++
			}
		}
		if count == w && known == 0 && mayHaveLost <= tolerated {
			return false
		}
	}
	return true
}

// TestPlanComesToRest lets all sorts of things happen to a cluster. Whatever
// happens, the document stays valid and something always holds the rooms; and
// once all nodes are back and report, all of them hold, under one ring.
func TestPlanComesToRest(t *testing.T) {
	for seed := range uint64(500) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { wander(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func wander(t *testing.T, random *rand.Rand) {
	names := strings.Split("abcdef", "")
	d := document(t, "a1 b1 c1")
	o := observation(t, "a1 b1 c1")
	step := func() agree.Change {
		next, change := agree.Plan(d, o, agree.DefaultRules())
		if err := next.Validate(); err != nil {
			t.Fatalf("%s: %v", change, err)
		}
		if len(next.Last().Holders()) == 0 {
			t.Fatalf("%s: nobody holds anything: %s", change, rings(next))
		}
		if v := next.Last().Version; v != d.Last().Version && v != d.Last().Version+1 {
			t.Fatalf("%s: ring %d after %d", change, v, d.Last().Version)
		}
		d = next
		return change
	}
	report := func(name string) {
		if s, here := o.Alive[name]; here {
			r := agree.Report{Version: d.Last().Version, Life: s.Life}
			d, _ = agree.ReportDone(d, name, r)
			d, _ = agree.ReportCaughtUp(d, name, r)
		}
	}
	lives := map[string]uint64{"a": 1, "b": 1, "c": 1}
	for range 60 {
		name := names[random.IntN(len(names))]
		switch random.IntN(5) {
		case 0: // gone
			delete(o.Alive, name)
			o.Absent[name] = agree.Absence{Seen: true, For: time.Minute, Crashed: random.IntN(2) == 0}
		case 1, 2: // here, as another process
			lives[name] += uint64(random.IntN(2))
			delete(o.Absent, name)
			o.Alive[name] = agree.Sighting{Life: lives[name], Front: true, Room: true, Leaving: random.IntN(8) == 0}
		case 3:
			report(name)
		}
		o.Led = time.Duration(random.IntN(10)) * time.Second
		for range random.IntN(3) {
			step()
		}
	}
	for _, name := range names {
		delete(o.Absent, name)
		o.Alive[name] = agree.Sighting{Life: lives[name], Front: true, Room: true}
	}
	o.Led = time.Hour
	for range 200 {
		if step().Reason != agree.ReasonNone {
			continue
		}
		for _, name := range names {
			report(name)
		}
		if _, change := agree.Plan(d, o, agree.DefaultRules()); change.Reason == agree.ReasonNone {
			break
		}
	}
	if len(d.Rings) != 1 || len(d.Last().Holders()) != len(names) || slices.ContainsFunc(d.Last().Members, func(m agree.Member) bool { return m.Life != lives[m.Name] }) {
		t.Fatalf("came to rest at %s, lives %v", rings(d), lives)
	}
}
