package replication

import (
	"math"

	"github.com/parlor-sse/parlor/persistence"
)

// MaxKeys bounds the idempotency keys of a room. A turn with one more is not
// taken, so the room has to stay below.
const MaxKeys = 1 << 17

const maxAnswers = 64 << 20 // bytes of what the keys remember

// takes reports whether the turns may all be added under an owner of the epoch,
// the first of them as turn first. Turns come from outside, and a store that is
// given nonsense ends the process.
func (l *log) takes(first uint64, turns []persistence.Turn, epoch uint64) bool {
	if len(turns) == 0 {
		return true
	}
	if first != l.head.Turn+1 || l.head.Turn > math.MaxUint64-uint64(len(turns)) {
		return false
	}
	last := l.head.Last
	fresh, answers := 0, l.answers
	for i := range turns {
		t := &turns[i]
		if t.Check() != nil {
			return false
		}
		if n := len(t.Records); n > 0 {
			if at := t.Records[0].Position; at.Seq != last.Seq+1 || at.Epoch < last.Epoch || at.Epoch > epoch {
				return false
			}
			last = t.Records[n-1].Position
		}
		if k := t.Key; k != nil {
			if k.Turn != first+uint64(i) || k.At.Seq > last.Seq {
				return false
			}
			if _, known := l.keys[k.Slot]; !known {
				fresh++
			}
			answers += uint64(len(k.Answer))
		}
	}
	return len(l.keys)+fresh <= MaxKeys && answers <= maxAnswers && l.stores(turns)
}

// stores reports whether what is stored stays within its bound with each of the
// turns. Only if it may not is it tried out.
func (l *log) stores(turns []persistence.Turn) bool {
	most, bound := uint64(l.storage.Bytes()), uint64(l.opts.StorageBytes)
	for i := range turns {
		if c := turns[i].Change; c != nil {
			for j := range c.Puts {
				most += uint64(len(c.Puts[j].Key) + len(c.Puts[j].Value))
			}
		}
	}
	if most <= bound {
		return true
	}
	after := l.storage.Clone()
	for i := range turns {
		c := turns[i].Change
		if c == nil {
			continue
		}
		if after.Apply(c); uint64(after.Bytes()) > bound {
			return false
		}
	}
	return true
}

// takesWhole reports whether the copy may replace this node's.
func (c *Core) takesWhole(w persistence.Copy, f persistence.Fence) bool {
	var answers uint64
	for i := range w.Keys {
		answers += uint64(len(w.Keys[i].Answer))
	}
	if len(w.Keys) > MaxKeys || answers > maxAnswers || w.Bytes > uint64(c.opts.StorageBytes) {
		return false
	}
	write := persistence.Write{Room: persistence.RoomKey{Kind: "any", Name: "any"}, Copy: &w, Fence: &f}
	return write.Validate() == nil
}
