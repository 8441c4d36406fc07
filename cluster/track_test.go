package cluster

import (
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/gossip"
)

func peer(name, cluster string, started uint64) gossip.Peer {
	return gossip.Peer{Name: name, Host: "127.0.0.1", Meta: gossip.Meta{Cluster: cluster, Started: started, Port: 1, Actors: 2}}
}

func nobodyCrashed(string, uint64) bool { return false }

func TestTrackerRemembersSinceWhen(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	tr := newTracker(start)
	listed := []string{"a", "b", "c"}

	tr.update(at(1), "x", []gossip.Peer{peer("a", "x", 1), peer("b", "x", 1), peer("s", "", 1), peer("f", "y", 1)}, nil, listed)
	o := tr.observe(at(3), nobodyCrashed)
	if len(o.Alive) != 2 || o.Alive["b"].Control != "127.0.0.1:1" || o.Alive["b"].Actors != "127.0.0.1:2" {
		t.Fatalf("alive: %+v", o.Alive)
	}
	if want := (agree.Absence{For: 3 * time.Second}); len(o.Absent) != 1 || o.Absent["c"] != want {
		t.Fatalf("never seen: %+v", o.Absent)
	}

	gone := []gossip.Departed{{Peer: peer("b", "x", 1), At: at(5), Left: true}}
	tr.update(at(5), "x", []gossip.Peer{peer("a", "x", 1)}, gone, listed)
	tr.update(at(6), "x", []gossip.Peer{peer("a", "x", 1)}, gone, listed)
	o = tr.observe(at(8), nobodyCrashed)
	if want := (agree.Absence{For: 3 * time.Second, Seen: true, Left: true}); o.Absent["b"] != want {
		t.Fatalf("left: %+v", o.Absent["b"])
	}

	tr.update(at(9), "x", []gossip.Peer{peer("a", "x", 1), peer("b", "x", 2)}, nil, listed)
	if o = tr.observe(at(9), nobodyCrashed); len(o.Alive) != 2 || len(o.Absent) != 1 {
		t.Fatalf("back: %+v", o)
	}
	tr.update(at(10), "x", []gossip.Peer{peer("a", "x", 1)}, gone, listed)
	if o = tr.observe(at(10), nobodyCrashed); o.Absent["b"].Left || !o.Absent["b"].Seen {
		t.Fatalf("the earlier goodbye counts for the later process: %+v", o.Absent["b"])
	}

	tr.update(at(11), "x", []gossip.Peer{peer("a", "x", 1)}, gone, []string{"a"})
	if o = tr.observe(at(11), nobodyCrashed); len(o.Absent) != 0 {
		t.Fatalf("nobody asks for %+v", o.Absent)
	}
}

func TestProvenCrashIsOfOneProcess(t *testing.T) {
	tr, cr := newTracker(time.Unix(0, 0)), newCrashes()
	tr.update(time.Unix(1, 0), "x", []gossip.Peer{peer("a", "x", 7)}, nil, []string{"a"})
	if !cr.prove("a", 7) || cr.prove("a", 7) {
		t.Fatal("news twice, or never")
	}
	o := tr.observe(time.Unix(2, 0), cr.proven)
	if _, alive := o.Alive["a"]; alive || !o.Absent["a"].Crashed || !o.Absent["a"].Seen {
		t.Fatalf("%+v", o)
	}
	tr.update(time.Unix(3, 0), "x", nil, nil, []string{"a"})
	if o := tr.observe(time.Unix(3, 0), cr.proven); !o.Absent["a"].Crashed {
		t.Fatalf("forgotten when gossip noticed: %+v", o)
	}
	cr.forget(tr.alivePast)
	if !cr.proven("a", 7) {
		t.Fatal("forgotten while it matters")
	}
	tr.update(time.Unix(4, 0), "x", []gossip.Peer{peer("a", "x", 8)}, nil, []string{"a"})
	if o := tr.observe(time.Unix(4, 0), cr.proven); len(o.Alive) != 1 {
		t.Fatalf("the next process is taken for the one before: %+v", o)
	}
	cr.forget(tr.alivePast)
	if cr.proven("a", 7) || len(cr.proofs()) != 0 {
		t.Fatal("not forgotten")
	}
}

func TestDispute(t *testing.T) {
	id := func(node string, incarnation uint64, cluster string, replicas, history int) identity {
		return identity{node, incarnation, cluster, replicas, history}
	}
	for _, c := range []struct {
		name           string
		asks, other    identity
		code, newcomer string
	}{
		{"newcomer", id("b", 2, "", 3, 10), id("a", 1, "x", 3, 10), "", ""},
		{"both new", id("b", 2, "", 3, 10), id("a", 1, "", 3, 10), "", ""},
		{"itself", id("a", 1, "x", 3, 10), id("a", 1, "x", 3, 10), "", ""},
		{"name", id("a", 2, "", 3, 10), id("a", 1, "x", 3, 10), "name", "a"},
		{"foreign", id("b", 1, "y", 3, 10), id("a", 2, "x", 3, 10), "cluster", "b"},
		{"replicas", id("b", 2, "", 5, 10), id("a", 1, "x", 3, 10), "replicas", "b"},
		{"replicas, asked by a member", id("b", 2, "x", 5, 10), id("a", 3, "", 3, 10), "replicas", "a"},
		{"history, both new", id("b", 2, "", 3, 11), id("a", 1, "", 3, 10), "history", "b"},
		{"history, both new, asked by the first", id("b", 1, "", 3, 11), id("a", 2, "", 3, 10), "history", "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := dispute(c.asks, c.other)
			switch {
			case q == nil && c.code == "":
			case q == nil || q.code != c.code || q.newcomer != c.newcomer || q.sentence == "":
				t.Fatalf("%+v", q)
			}
		})
	}
}

func TestPublishedNeverGoesBack(t *testing.T) {
	path := t.TempDir() + "/ring.json"
	p, err := openPublished(path)
	if err != nil {
		t.Fatal(err)
	}
	first, err := agree.First("x", 3, 10, []agree.Member{{Name: "a", Room: true, Front: true, Actors: "a:3"}, {Name: "b", Room: true}})
	if err != nil {
		t.Fatal(err)
	}
	put := func(doc agree.Document, leader string, want bool) {
		t.Helper()
		before := p.now.Load()
		if news, err := p.put(doc, leader); err != nil || news != want {
			t.Fatalf("news %v, %v", news, err)
		}
		select {
		case <-before.changed:
			if !want {
				t.Fatal("told of nothing")
			}
		default:
			if want {
				t.Fatal("nobody was told")
			}
		}
	}
	put(first, "a", true)
	second := first
	second.Number, second.Rings = 2, append(second.Rings[:1:1], agree.Ring{Version: 2, Placed: 2, Members: first.Rings[0].Members[:1]})
	put(second, "a", true)
	put(first, "a", false)
	put(agree.Document{}, "", true)
	v := p.now.Load().view
	if v.Ring().Version() != 2 || len(v.Rings) != 2 || v.Leader != "" || v.Ring().Member("a").Address != "a:3" {
		t.Fatalf("%+v", v)
	}
	ring := v.Ring()
	put(second, "b", true)
	if p.now.Load().view.Ring() != ring {
		t.Fatal("the same ring was made twice")
	}
	again, err := openPublished(path)
	if err != nil || again.document().Number != 2 || again.now.Load().view.Ring().Version() != 2 {
		t.Fatalf("%+v, %v", again.document(), err)
	}
}
