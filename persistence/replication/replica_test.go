package replication_test

import (
	"reflect"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func TestPromiseWaitsForTheDisk(t *testing.T) {
	b := follower(t)
	c := claim(9, 2, 1)
	sends, writes := b.do(replication.Receive{From: "a", Message: replication.Prepare{Claim: c}})
	if len(sends) > 0 || writes != 1 {
		t.Fatalf("promises %v with %d writes under way", sends, writes)
	}
	if b.core.Quiet() {
		t.Error("quiet with a write under way")
	}
	promise := replication.Promise{Claim: c, Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: 2, Last: at(5, 2)}
	sends, _ = b.do(replication.Durable{N: 1})
	b.answers(sends, promise)
	if !b.core.Quiet() {
		t.Error("not quiet")
	}
	b.answers(b.hear(replication.Prepare{Claim: c}), promise) // repeated
}

func TestRefusals(t *testing.T) {
	rings := []replication.Config{home(2, "a", "b", "c"), home(3, "a", "b", "d"), home(4, "a", "b", "c")}
	for name, tt := range map[string]struct {
		claim   replication.Claim
		refused bool
	}{
		"a lower epoch":                            {claim(8, 1, 4), true},
		"the epoch, by its holder":                 {claim(9, 2, 4), false},
		"the epoch, by another":                    {claim(9, 3, 4), true},
		"a higher epoch":                           {claim(10, 3, 4), false},
		"under the ring promised":                  {claim(10, 3, 2), false},
		"under an older ring than promised":        {claim(10, 3, 1), true},
		"under an older ring with other members":   {claim(10, 3, 3), true},
		"under a newer ring than any known":        {claim(10, 3, 99), false},
		"by a holder who was here under that ring": {replication.Claim{Epoch: 10, Holder: 3, Ring: 4, Since: 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, &persistence.State{Fence: persistence.Fence{Promised: 9, Holder: 2, Ring: 2}}, rings...)
			sends := b.hear(replication.Prepare{Claim: tt.claim})
			if len(sends) != 1 {
				t.Fatalf("sends %+v", sends)
			}
			refusal, refused := sends[0].Message.(replication.Refuse)
			if refused != tt.refused {
				t.Fatalf("refused %v: %+v", refused, sends)
			}
			if want := (replication.Refuse{Claim: tt.claim, Promised: 9, Ring: 4}); refused && refusal != want {
				t.Errorf("says %+v, want %+v", refusal, want)
			}
		})
	}
}

func TestRingNoLongerListedIsPowerless(t *testing.T) {
	b := newBench(t, &persistence.State{}, home(5, "a", "b", "c"))
	c := claim(10, 3, 4)
	b.answers(b.hear(replication.Prepare{Claim: c}), replication.Refuse{Claim: c, Ring: 5})
}

func TestSync(t *testing.T) {
	c := claim(9, 2, 1)
	delta := replication.Sync{Claim: c, Birth: 5, BaseAccepted: 5, BaseTurn: 2, Turns: said(rec(5, 3), rec(5, 4))}
	whole := replication.Sync{Claim: c, Birth: 5,
		Log: persistence.Copy{Head: even(5, 1), History: []persistence.Record{rec(5, 1)}}}

	t.Run("the rest", func(t *testing.T) {
		b := follower(t)
		e := b.core.Step(replication.Receive{From: "a", Message: delta})
		if n := len(e.Writes); n != 3 || e.Writes[0].Head.Turn != 3 || e.Writes[1].Head.Turn != 4 || e.Writes[2].Fence == nil {
			t.Fatalf("writes %+v, want two turns and then the fence", e.Writes)
		}
		if f := e.Writes[2].Fence; f.Accepted != 9 || f.Promised != 9 || f.Holder != 2 || f.Birth != 5 {
			t.Errorf("fence %+v", f)
		}
		sends, _ := b.do(replication.Durable{N: 2})
		b.answers(sends, nil)
		sends, _ = b.do(replication.Durable{N: 1})
		b.answers(sends, replication.Ack{Claim: c, Life: 1, Turn: 4})
		b.answers(b.hear(delta), replication.Ack{Claim: c, Life: 1, Turn: 4}) // repeated
	})
	t.Run("the rest of another copy", func(t *testing.T) {
		b := follower(t)
		other := delta
		other.BaseAccepted = 4
		b.answers(b.hear(other), replication.Behind{Claim: c, Life: 1, Turn: 2})
		other = delta
		other.BaseTurn = 1
		b.answers(b.hear(other), replication.Behind{Claim: c, Life: 1, Turn: 2})
	})
	t.Run("the whole, which is shorter", func(t *testing.T) {
		b := follower(t)
		b.answers(b.hear(whole), replication.Ack{Claim: c, Life: 1, Turn: 1})
		b.answers(b.hear(replication.Append{Claim: c, First: 2, Turns: said(rec(9, 2))}), replication.Ack{Claim: c, Life: 1, Turn: 2})
		b.answers(b.hear(whole), replication.Ack{Claim: c, Life: 1, Turn: 2}) // late: nothing goes back
	})
}

func TestAppend(t *testing.T) {
	c := claim(5, 1, 1)
	for name, tt := range map[string]struct {
		m    replication.Append
		want replication.Message
	}{
		"the next":       {replication.Append{Claim: c, First: 3, Turns: said(rec(5, 3))}, replication.Ack{Claim: c, Life: 1, Turn: 3}},
		"some known":     {replication.Append{Claim: c, First: 2, Turns: said(rec(5, 2), rec(5, 3))}, replication.Ack{Claim: c, Life: 1, Turn: 3}},
		"all known":      {replication.Append{Claim: c, First: 1, Turns: said(rec(5, 1))}, replication.Ack{Claim: c, Life: 1, Turn: 2}},
		"after a hole":   {replication.Append{Claim: c, First: 4, Turns: said(rec(5, 4))}, replication.Behind{Claim: c, Life: 1, Accepted: 5, Turn: 2}},
		"with a hole":    {replication.Append{Claim: c, First: 3, Turns: said(rec(5, 3), rec(5, 5))}, nil},
		"of a later one": {replication.Append{Claim: c, First: 3, Turns: said(rec(6, 3))}, nil},
		"of another ring": {replication.Append{Claim: replication.Claim{Epoch: 5, Holder: 1, Ring: 2, Since: 2}, First: 3, Turns: said(rec(5, 3))},
			replication.Behind{Claim: claim(5, 1, 2), Life: 1, Turn: 2}},
		"of one who was not followed": {replication.Append{Claim: claim(6, 1, 1), First: 3, Turns: said(rec(6, 3))},
			replication.Behind{Claim: claim(6, 1, 1), Life: 1, Turn: 2}},
		"of nobody": {replication.Append{Claim: replication.Claim{Epoch: 5, Ring: 1, Since: 1}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := follower(t)
			b.answers(b.hear(tt.m), tt.want)
			if dropped := b.core.Dropped(); (dropped > 0) != (tt.want == nil) {
				t.Errorf("%d dropped", dropped)
			}
		})
	}
}

// TestAcknowledgementsAreGathered reports three of five writes durable, then the
// rest: each time one message says how far it got.
func TestAcknowledgementsAreGathered(t *testing.T) {
	b := follower(t)
	c := claim(5, 1, 1)
	for seq := uint64(3); seq <= 7; seq++ {
		sends, _ := b.do(replication.Receive{From: "a", Message: replication.Append{Claim: c, First: seq, Turns: said(rec(5, seq))}})
		b.answers(sends, nil)
	}
	sends, _ := b.do(replication.Durable{N: 3})
	b.answers(sends, replication.Ack{Claim: c, Life: 1, Turn: 5})
	sends, _ = b.do(replication.Durable{N: 2})
	b.answers(sends, replication.Ack{Claim: c, Life: 1, Turn: 7})
}

func TestKeysGoWithTheirTurns(t *testing.T) {
	b := follower(t)
	c := claim(5, 1, 1)
	key := persistence.KeyEntry{Slot: 70_000, Turn: 3, At: at(5, 3), Answer: []byte("yes")}
	turns := said(rec(5, 3), rec(5, 4))
	turns[0].Key = &key
	e := b.core.Step(replication.Receive{From: "a", Message: replication.Append{Claim: c, First: 3, Turns: turns}})
	if len(e.Writes) != 2 || e.Writes[0].Turn.Key == nil || !reflect.DeepEqual(*e.Writes[0].Turn.Key, key) || e.Writes[1].Turn.Key != nil {
		t.Fatalf("writes %+v", e.Writes)
	}
	b.do(replication.Durable{N: 2})
	ask := replication.Fetch{Claim: claim(9, 2, 1)}
	sends := b.hear(ask)
	log := sends[0].Message.(replication.Fetched).Log
	if !reflect.DeepEqual(log.Keys, []persistence.KeyEntry{key}) || len(log.History) != 4 {
		t.Errorf("fetched %+v", log)
	}
	ask.Accepted, ask.After = 5, 3
	rest := b.hear(ask)[0].Message.(replication.Fetched)
	if want := said(rec(5, 4)); !rest.Partial || !reflect.DeepEqual(rest.Turns, want) {
		t.Errorf("fetched the rest: %+v", rest)
	}
}

func TestCopied(t *testing.T) {
	brought := func(ring, epoch, seq uint64) replication.Copied {
		return replication.Copied{Accepted: epoch, AcceptedRing: ring, Birth: 3, Log: persistence.Copy{
			Head: even(epoch, seq), History: []persistence.Record{rec(epoch, seq)}}}
	}
	for name, tt := range map[string]struct {
		m     replication.Copied
		taken bool
	}{
		"of a later owner":            {brought(1, 6, 1), true},
		"of a later ring":             {brought(2, 6, 1), true},
		"more of the same":            {brought(1, 5, 3), true},
		"the same":                    {brought(1, 5, 2), false},
		"less of the same":            {brought(1, 5, 1), false},
		"of an earlier owner, longer": {brought(1, 4, 99), false},
		"of nobody":                   {brought(1, 0, 3), false},
	} {
		t.Run(name, func(t *testing.T) {
			b := follower(t)
			sends, writes := b.do(replication.Receive{From: "a", Message: tt.m})
			if b.answers(sends, nil); (writes > 0) != tt.taken {
				t.Errorf("%d writes", writes)
			}
		})
	}
	t.Run("below a promise", func(t *testing.T) {
		b := follower(t)
		b.hear(replication.Prepare{Claim: claim(9, 2, 1)})
		if _, writes := b.do(replication.Receive{From: "a", Message: brought(1, 8, 9)}); writes > 0 {
			t.Error("taken")
		}
	})
	t.Run("and then its owner comes", func(t *testing.T) {
		b := follower(t)
		b.hear(brought(1, 6, 1))
		c := claim(6, 4, 1)
		more := replication.Append{Claim: c, First: 2, Turns: said(rec(6, 2))}
		b.answers(b.hear(more), replication.Behind{Claim: c, Life: 1, Turn: 1})
		b.answers(b.hear(replication.Prepare{Claim: c}),
			replication.Promise{Claim: c, Life: 1, Accepted: 6, AcceptedRing: 1, Birth: 5, Turn: 1, Last: at(6, 1)})
		b.answers(b.hear(more), replication.Ack{Claim: c, Life: 1, Turn: 2})
	})
}
