package persistencetest

import (
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// testFence changes a room's fence, with messages and without, and finds that
// neither moves the other.
func testFence(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("a")
	var want persistence.State
	add := func(fence bool, seq uint64) persistence.Write {
		w := write(key, epoch7, seq)
		if fence {
			want.Fence = fenceAt(seq)
			w.Fence = fenceWrite(key, seq).Fence
		}
		want.Head = w.Head
		want.History = records(key, 7, max(10, seq)-9, seq)
		return w
	}
	commit(t, s, add(false, 1))
	checkState(t, s, key, want)
	for seq := uint64(2); seq < 24; seq++ {
		commit(t, s, add(seq%3 == 0, seq))
		checkState(t, s, key, want)
		if seq%4 == 0 {
			commit(t, s, fenceWrite(key, 100+seq))
			want.Fence = fenceAt(100 + seq)
			checkState(t, s, key, want)
		}
	}
	// Fences are replaced, whatever they say: who may lower one is not for the
	// store to know.
	commit(t, s, fenceWrite(key, 1))
	want.Fence = fenceAt(1)
	checkState(t, s, key, want)
	commit(t, s, persistence.Write{Room: key, Fence: &persistence.Fence{}})
	want.Fence = persistence.Fence{}
	checkState(t, s, key, want)
}

// testFenceAlone has rooms of which nothing is stored but a fence.
func testFenceAlone(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	a, b := room("a"), room("ab")
	commit(t, s, fenceWrite(a, 1), fenceWrite(b, 2), fenceWrite(a, 3))
	checkState(t, s, a, persistence.State{Fence: fenceAt(3)})
	checkState(t, s, b, persistence.State{Fence: fenceAt(2)})
	checkState(t, s, room("abc"), persistence.State{})
	// A copy without a message leaves the same.
	commit(t, s, copyWrite(b, 4, orders(b)["more than is kept"]))
	commit(t, s, copyWrite(b, 5, persistence.Copy{}))
	checkState(t, s, b, persistence.State{Fence: fenceAt(5)})
	// The first message finds the fence in force.
	commit(t, s, write(a, epoch7, 1))
	checkState(t, s, a, persistence.State{
		Head: evenHead(epoch7, persistence.Position{Epoch: 7, Seq: 1}), History: records(a, 7, 1, 1), Fence: fenceAt(3),
	})
}

// testMixedBatch puts all kinds of writes to one room into one batch, in every
// order there is of them, each among writes to another room.
func testMixedBatch(t *testing.T, subject Subject) {
	const history = 10
	s := subject.Open(t, history)
	defer closeStore(t, s)
	key, other := room("a"), room("b")
	newModel := func() *modelRoom {
		r := &modelRoom{}
		for _, w := range writes(key, epoch7, 1, 15) {
			r.apply(w, history)
		}
		return r
	}
	kinds := []func(r *modelRoom, n uint64) []persistence.Write{
		func(_ *modelRoom, n uint64) []persistence.Write { return []persistence.Write{fenceWrite(key, n)} },
		func(_ *modelRoom, n uint64) []persistence.Write {
			return []persistence.Write{copyWrite(key, n, orders(key)["lower than before"])}
		},
		func(_ *modelRoom, n uint64) []persistence.Write {
			return []persistence.Write{copyWrite(key, n, orders(key)["into its spans"])}
		},
		func(*modelRoom, uint64) []persistence.Write { return []persistence.Write{forgetWrite(key)} },
		func(r *modelRoom, _ uint64) []persistence.Write {
			a := r.author(key)
			epoch := a.head.Lineage.Current() + 2
			first, second := a.message(epoch), a.turn(epoch, 2, put(item("a", 1)), alarmAt(9))
			return []persistence.Write{first, keyed(second, keyAt(1<<16, first.Head.Last)), a.message(epoch)}
		},
	}
	n, seq := uint64(0), uint64(0)
	permute(len(kinds), func(order []int) {
		commit(t, s, forgetWrite(key))
		commit(t, s, writes(key, epoch7, 1, 15)...)
		want := newModel()
		var batch []persistence.Write
		for _, kind := range order {
			n++
			seq++
			for _, w := range kinds[kind](want, n) {
				want.apply(w, history)
				batch = append(batch, w)
			}
			batch = append(batch, write(other, epoch7, seq))
		}
		commit(t, s, batch...)
		checkState(t, s, key, want.state())
		checkHistory(t, s, other, records(other, 7, max(history, seq)-history+1, seq))
	})
}

// permute calls visit with every order of the numbers below n.
func permute(n int, visit func([]int)) {
	var order []int
	var step func()
	step = func() {
		if len(order) == n {
			visit(order)
			return
		}
		for i := range n {
			if !slices.Contains(order, i) {
				order = append(order, i)
				step()
				order = order[:len(order)-1]
			}
		}
	}
	step()
}

// testRoomsWithFences lists rooms that have messages, fences, or both.
func testRoomsWithFences(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	for start := range 3 {
		var want []listed
		for i, key := range inOrder {
			commit(t, s, forgetWrite(key))
			var last persistence.Position
			kind := (start + i) % 3
			if kind != 0 {
				commit(t, s, writes(key, epoch7, 1, uint64(i+1))...)
				last = persistence.Position{Epoch: 7, Seq: uint64(i + 1)}
			}
			if kind != 1 {
				commit(t, s, fenceWrite(key, uint64(i)))
			}
			want = append(want, listed{key, last})
		}
		for i, key := range inOrder {
			if got := list(t, s, key, 100); !slices.Equal(got, want[i:]) {
				t.Fatalf("rooms from %q are %v, want %v", key, got, want[i:])
			}
			if got := list(t, s, key, 2); !slices.Equal(got, want[i:min(i+2, len(want))]) {
				t.Fatalf("two rooms from %q are %v", key, got)
			}
		}
	}
}
