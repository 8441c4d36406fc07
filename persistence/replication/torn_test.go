package replication_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// stored is the head of a room of which a turn without a message stored an item
// of 5 bytes.
func stored(turn uint64) persistence.Head {
	return persistence.Head{Turn: turn, Uneven: true, Items: 1, Bytes: 5}
}

func items() *persistence.Storage {
	return persistence.NewStorage([]persistence.Item{{Key: "k", Value: []byte("1234")}})
}

func fenceOf(epoch, ring uint64) persistence.Fence {
	return persistence.Fence{Promised: epoch, Holder: 1, Ring: ring, Accepted: epoch, AcceptedRing: ring, Birth: epoch}
}

// tornState is what a store loads of a room whose items are damaged.
func tornState(turn uint64) *persistence.State {
	return &persistence.State{Head: stored(turn), Fence: fenceOf(5, 1), Damaged: true, Torn: true}
}

func TestTornCopyGivesNothing(t *testing.T) {
	for name, state := range map[string]*persistence.State{
		"items are missing": tornState(7),
		"the newest message is missing, from a room with items": {
			Head: persistence.Head{Turn: 7, Uneven: true, Last: at(5, 2), Lineage: persistence.Lineage{{Epoch: 5, First: 1}}, Items: 1, Bytes: 5},
			Keys: []persistence.KeyEntry{{Turn: 1}}, Storage: items(), Fence: fenceOf(5, 1), Damaged: true,
		},
		"the newest message is missing, from a room with an alarm": {
			Head:  persistence.Head{Turn: 7, Uneven: true, Last: at(5, 2), Lineage: persistence.Lineage{{Epoch: 5, First: 1}}, Alarm: persistence.Alarm{At: 1}},
			Fence: fenceOf(5, 1), Damaged: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, state)
			c := claim(9, 2, 1)
			promise := replication.Promise{Claim: c, Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: 7, Damaged: true, Torn: true}
			b.answers(b.hear(replication.Prepare{Claim: c}), promise)
			b.answers(b.hear(replication.Fetch{Claim: c}), promise)
			b.answers(b.hear(replication.Fetch{Claim: c, Accepted: 5}), promise)
			b.answers(b.hear(replication.Append{Claim: claim(9, 2, 1), First: 8, Turns: said(rec(9, 3))}),
				replication.Behind{Claim: c, Life: 1})

			whole := persistence.Copy{Head: stored(6), Storage: items()}
			if _, writes := b.do(replication.Receive{From: "a", Message: replication.Copied{Accepted: 5, AcceptedRing: 1, Log: whole}}); writes > 0 {
				t.Error("takes a copy that holds less than it did")
			}
			b.answers(b.hear(replication.Sync{Claim: c, Birth: 5, Log: whole}), replication.Ack{Claim: c, Life: 1, Turn: 6})
			sends := b.hear(replication.Fetch{Claim: c})
			if f := sends[0].Message.(replication.Fetched); f.Damaged || f.Log.Storage.Len() != 1 {
				t.Errorf("made whole, it gives %+v", f)
			}
		})
	}
}

// hearsay is what a candidate hears of torn and damaged copies, and what it is to
// make of that.
type hearsay struct {
	own      *persistence.State
	members  string
	promises map[string]replication.Promise
	fetches  string // from whom; "" for nobody
	deposed  bool
}

func hearsays() map[string]hearsay {
	promise := func(turn uint64) replication.Promise {
		return replication.Promise{Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: turn}
	}
	torn := func(turn uint64) replication.Promise {
		p := promise(turn)
		p.Damaged, p.Torn = true, true
		return p
	}
	damaged := func(turn uint64) replication.Promise {
		p := promise(turn)
		p.Damaged = true
		return p
	}
	alone := torn(3)
	alone.AcceptedRing = 0
	return map[string]hearsay{
		"the only one":                {own: tornState(7), members: "a", deposed: true},
		"both":                        {own: tornState(7), members: "ab", promises: map[string]replication.Promise{"b": torn(7)}, deposed: true},
		"one of two, the other whole": {own: tornState(7), members: "ab", promises: map[string]replication.Promise{"b": promise(6)}, fetches: "b"},
		"one of three, the others whole": {own: tornState(7), members: "abc",
			promises: map[string]replication.Promise{"b": promise(6), "c": promise(5)}, fetches: "b"},
		"one of three, one silent": {own: tornState(7), members: "abc",
			promises: map[string]replication.Promise{"b": promise(7)}},
		"two of three, the third holds less": {own: tornState(7), members: "abc",
			promises: map[string]replication.Promise{"b": torn(7), "c": promise(6)}, deposed: true},
		"two of three, the third holds as much": {own: tornState(7), members: "abc",
			promises: map[string]replication.Promise{"b": torn(7), "c": promise(7)}, fetches: "c"},
		"two of three, the third is damaged and holds as much": {own: tornState(7), members: "abc",
			promises: map[string]replication.Promise{"b": torn(7), "c": damaged(7)}, fetches: "c"},
		"that of a node that was alone": {own: &persistence.State{}, members: "abc",
			promises: map[string]replication.Promise{"b": alone, "c": {Life: 1}}, deposed: true},
		"damaged, the others whole": {own: &persistence.State{}, members: "abc",
			promises: map[string]replication.Promise{"b": damaged(8), "c": promise(7)}, fetches: "c"},
		"two damaged, one less": {own: &persistence.State{}, members: "abc",
			promises: map[string]replication.Promise{"b": damaged(8), "c": damaged(7)}, fetches: "b"},
	}
}

// TestTornIsNotTakenForEmpty has a candidate hear of torn copies.
func TestTornIsNotTakenForEmpty(t *testing.T) {
	for name, tt := range hearsays() {
		t.Run(name, func(t *testing.T) {
			var names []string
			for _, r := range tt.members {
				names = append(names, string(r))
			}
			d := driverOf(t, home(1, names...), tt.own, replication.Options{})
			d.do(replication.Acquire{Now: 9})
			for _, from := range names {
				if p, ok := tt.promises[from]; ok {
					p.Claim = d.claim
					d.hear(from, p)
				}
			}
			if gone := len(d.events) == 1 && d.events[0] == (replication.Deposed{Reason: replication.ReasonTorn}); gone != tt.deposed {
				t.Errorf("says %+v", d.events)
			}
			for _, n := range names {
				if asked := len(sent[replication.Fetch](d, n)); (asked > 0) != (n == tt.fetches) {
					t.Errorf("fetches from %s %d times", n, asked)
				}
			}
		})
	}
}

// TestTornWaitsForWhoIsSilent has all that was committed torn, on the one node
// that used to be the home set, and one member left of which nothing is heard: it
// may have a whole copy.
func TestTornWaitsForWhoIsSilent(t *testing.T) {
	for _, comes := range []bool{true, false} {
		d := driverOf(t, home(1, "a"), tornState(7), replication.Options{})
		d.do(replication.Configure{Configs: []replication.Config{home(1, "a"), home(2, "a", "b", "c", "d", "e")}})
		d.do(replication.Acquire{Now: 9})
		for _, from := range []string{"b", "c", "d"} {
			d.hear(from, replication.Promise{Claim: d.claim, Life: 1})
		}
		if len(d.events) > 0 {
			t.Fatalf("says %+v", d.events)
		}
		if comes {
			d.hear("e", replication.Promise{Claim: d.claim, Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: 7})
			if len(sent[replication.Fetch](d, "e")) != 1 {
				t.Errorf("asks %+v", d.sends)
			}
			continue
		}
		ticks := 0
		for ; len(d.events) == 0 && ticks < 1000; ticks++ {
			d.do(replication.Tick{Now: 9})
		}
		if len(d.events) != 1 || d.events[0] != (replication.Deposed{Reason: replication.ReasonTorn}) || ticks != 101 {
			t.Errorf("%+v after %d ticks", d.events, ticks)
		}
	}
}

// TestTornOnAnOlderHomeSet has the copy of a node torn that has become the only
// member, after all was committed on three.
func TestTornOnAnOlderHomeSet(t *testing.T) {
	d := driverOf(t, home(1, "a"), tornState(7), replication.Options{})
	d.do(replication.Configure{Configs: []replication.Config{home(1, "a", "b", "c"), home(2, "a")}})
	d.do(replication.Acquire{Now: 9})
	for _, from := range []string{"b", "c"} {
		d.hear(from, replication.Promise{Claim: d.claim, Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: 6})
	}
	if asked := sent[replication.Fetch](d, "b"); len(asked) != 1 || len(d.events) > 0 {
		t.Errorf("asks %+v, says %+v", asked, d.events)
	}
}

// TestDamageBetweenPromiseAndFetch has the copy that was promised come back from
// a crash with something missing, and says so in time.
func TestDamageBetweenPromiseAndFetch(t *testing.T) {
	for name, damage := range map[string]func(*replication.Promise, *replication.Fetched) replication.Message{
		"with the copy": func(_ *replication.Promise, f *replication.Fetched) replication.Message {
			f.Damaged = true
			return *f
		},
		"with another promise": func(p *replication.Promise, _ *replication.Fetched) replication.Message {
			p.Damaged, p.Torn = true, true
			return *p
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, home(1, "a", "b", "c"))
			d.do(replication.Acquire{Now: 9})
			p := replication.Promise{Claim: d.claim, Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: 2, Last: at(5, 2)}
			f := replication.Fetched{Claim: d.claim, Accepted: 5, Log: persistence.Copy{Head: even(5, 2), History: []persistence.Record{rec(5, 2)}}}
			d.hear("b", p)
			if len(sent[replication.Fetch](d, "b")) != 1 {
				t.Fatalf("asks %+v", d.sends)
			}
			d.hear("b", damage(&p, &f))
			if len(d.sends)+len(d.events) > 0 {
				t.Fatalf("goes on with one whole copy of three: %+v", d.sends)
			}
			less := replication.Promise{Claim: d.claim, Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: 1, Last: at(5, 1)}
			d.hear("c", less)
			if len(sent[replication.Fetch](d, "c")) != 1 {
				t.Errorf("asks %+v", d.sends)
			}
		})
	}
}

func TestRoomWithoutAMessageIsNotEmpty(t *testing.T) {
	s := &persistence.State{Head: stored(3), Storage: items()}
	b := newBenchOf(t, replication.Options{}, s)
	if f := b.core.Fence(); f != (persistence.Fence{Promised: 1, Accepted: 1, Birth: 1}) {
		t.Fatalf("fence %+v", f)
	}
	if f := replication.AloneFence(s, 77); f.Accepted != 77 || f.Promised != 77 || f.Birth != 77 {
		t.Errorf("on a store of life 77: fence %+v", f)
	}
	c := claim(9, 2, 1)
	b.answers(b.hear(replication.Prepare{Claim: c}), replication.Promise{Claim: c, Life: 1, Accepted: 1, Birth: 1, Turn: 3})
	f := b.hear(replication.Fetch{Claim: c})[0].Message.(replication.Fetched)
	if f.Log.Turn != 3 || f.Log.Storage.Len() != 1 {
		t.Errorf("gives %+v", f)
	}
	// Of a store that cannot read even that much, nobody knows what it promised.
	mute := newBench(t, &persistence.State{Damaged: true})
	mute.answers(mute.hear(replication.Prepare{Claim: c}), nil)
	torn := newBench(t, &persistence.State{Head: stored(3), Damaged: true, Torn: true})
	torn.answers(torn.hear(replication.Prepare{Claim: c}),
		replication.Promise{Claim: c, Life: 1, Accepted: 1, Birth: 1, Turn: 3, Damaged: true, Torn: true})
}
