package checker

import (
	"cmp"
	"slices"
)

// bound is a seq that rises with time.
type bound struct {
	times []int64
	seqs  []uint64 // seqs[i] holds from times[i] on
}

// moment is one step of a bound before it is put in order.
type moment struct {
	time int64
	seq  uint64
}

// newBound returns the greatest seq up to each time.
func newBound(moments []moment) bound {
	slices.SortFunc(moments, func(a, b moment) int { return cmp.Compare(a.time, b.time) })
	var b bound
	newest := uint64(0)
	for _, m := range moments {
		newest = max(newest, m.seq)
		b.times = append(b.times, m.time)
		b.seqs = append(b.seqs, newest)
	}
	return b
}

// at returns the bound at a time; that very time is included.
func (b bound) at(t int64) uint64 {
	n, _ := slices.BinarySearchFunc(b.times, t, func(time, t int64) int {
		if time <= t {
			return -1
		}
		return 1
	})
	if n == 0 {
		return 0
	}
	return b.seqs[n-1]
}

// resolve gives every message the id under which anybody saw it, and says how
// long a room's order can have been, and must have been, at each time.
func (j *judge) resolve() {
	called, acked, unresolved := make(map[string][]moment), make(map[string][]moment), make(map[string][]int64)
	for _, r := range j.rooms {
		for _, e := range r.entries {
			if o := j.operations[e.uuid]; o != nil && !o.hasID {
				o.id, o.hasID = e.id, true
			}
		}
	}
	for _, o := range j.operations {
		switch {
		case o.hasID:
			called[o.room] = append(called[o.room], moment{o.call, o.id.Seq})
			if o.acknowledged() {
				acked[o.room] = append(acked[o.room], moment{o.ret, o.id.Seq})
			}
		case o.possible:
			// It may have a place that nobody was ever shown.
			unresolved[o.room] = append(unresolved[o.room], o.call)
		}
	}
	for name, r := range j.rooms {
		r.acked = newBound(acked[name])
		r.called = newBound(called[name])
		r.called.raise(unresolved[name])
	}
}

// raise lifts the bound by one from each of the given times on.
func (b *bound) raise(calls []int64) {
	slices.Sort(calls)
	for i, t := range b.times {
		n, _ := slices.BinarySearch(calls, t+1)
		b.seqs[i] += uint64(n)
	}
}
