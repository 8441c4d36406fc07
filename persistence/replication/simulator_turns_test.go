package replication_test

import (
	"encoding/binary"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// propose has an owner propose a turn: a message in rooms of the plain kind,
// else whatever a room may do at once.
func (w *world) propose(n *simNode, room int) {
	own := &n.owns[room]
	if own.epoch == 0 {
		return
	}
	t, token := w.turn(own)
	next := own.tip.follow(t, token, own.epoch)
	w.checkProposed(n, room, next)
	own.tip = next
	n.step(room, replication.Propose{Number: next.number, Turn: t})
}

// turn makes a turn that follows on what an owner has proposed.
func (w *world) turn(own *ownership) (persistence.Turn, uint32) {
	w.tokens++
	var number, seq uint64 = 1, 1
	if own.tip != nil {
		number, seq = own.tip.number+1, own.tip.head.Last.Seq+1
	}
	var t persistence.Turn
	messages := 1
	if !w.plain {
		messages = w.rng.IntN(4)
	}
	for i := range messages {
		data := append(w.marked(), byte(i))
		t.Records = append(t.Records, persistence.Record{Position: persistence.Position{Epoch: own.epoch, Seq: seq + uint64(i)}, Data: data})
	}
	marked := messages > 0
	if w.rng.IntN(3) == 0 {
		t.Key = w.key(number, t.Records)
		marked = true
	}
	if !w.plain && (!marked || w.rng.IntN(2) == 0) {
		t.Change = w.change(marked)
	}
	return t, w.tokens
}

// marked returns bytes that tell the turn that is being made.
func (w *world) marked() []byte { return binary.BigEndian.AppendUint32(nil, w.tokens) }

func (w *world) key(turn uint64, records []persistence.Record) *persistence.KeyEntry {
	k := &persistence.KeyEntry{Slot: w.rng.Uint32N(3), Turn: turn, Time: int64(w.tokens)}
	if len(records) > 0 {
		k.At = records[0].Position
	}
	if w.rng.IntN(2) == 0 {
		k.Answer = w.marked()
	}
	return k
}

// change makes a change: one that can be told by what it leaves behind, unless
// the turn is marked by something else.
func (w *world) change(marked bool) *persistence.Change {
	c := &persistence.Change{Clear: w.rng.IntN(8) == 0}
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		switch w.rng.IntN(5) {
		case 0, 1:
			c.Puts = append(c.Puts, persistence.Item{Key: key, Value: append(w.marked(), make([]byte, w.rng.IntN(20))...)})
			marked = true
		case 2:
			c.Deletes = append(c.Deletes, key)
		}
	}
	switch w.rng.IntN(4) {
	case 0:
		if marked {
			c.Alarm = &persistence.Alarm{}
		}
	case 1:
		marked = false
	}
	if !marked {
		c.Alarm = &persistence.Alarm{At: int64(w.tokens), Retry: w.rng.Uint32N(3)}
	}
	return c
}

// spoil changes what an owner was given for its own: nobody else may notice.
func spoil(s *persistence.Storage) {
	s.Apply(&persistence.Change{Clear: true, Puts: []persistence.Item{{Key: "mine", Value: slices.Repeat([]byte{0xff}, 4)}}})
}
