package actors

import (
	"math/rand/v2"
	"testing"
)

// TestHoard has lanes grow and shrink: whoever asks for one that holds most gets
// one that holds at least half of what the heaviest does, and itself if it is such
// a one.
func TestHoard(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var h hoard
	lanes, idle := make([]lane, 50), make(map[*lane]int)
	for range 20_000 {
		l := &lanes[r.IntN(len(lanes))]
		if idle[l] = 0; r.IntN(3) > 0 {
			idle[l] = r.IntN(1 << r.IntN(24))
		}
		h.put(l, nil, idle[l])
		most, listed := 0, 0
		for _, n := range idle {
			most = max(most, n)
			if n >= littleBytes {
				listed++
			}
		}
		for class, all := range h.classes {
			listed -= len(all)
			for place, held := range all {
				if held.place != place || held.lane.class != class {
					t.Fatalf("a lane of class %d at %d is in class %d at %d", held.lane.class, held.place, class, place)
				}
			}
		}
		if listed != 0 {
			t.Fatalf("%d lanes that hold much are not known", listed)
		}
		switch got := h.greediest(l); {
		case got == nil:
			if most >= littleBytes {
				t.Fatalf("no lane is known to hold much, of %d bytes", most)
			}
		case most < littleBytes || 2*idle[got.lane] < most:
			t.Fatalf("%d bytes are most, of %d", idle[got.lane], most)
		case got.lane != l && l.class == got.lane.class:
			t.Fatal("another lane is to pay")
		}
	}
}

// TestHoardIsLeftAlone publishes to a room that holds about as much as before: that
// waits for nobody.
func TestHoardIsLeftAlone(t *testing.T) {
	var h hoard
	var little, much lane
	h.put(&much, nil, 5*littleBytes)
	h.mu.Lock()
	defer h.mu.Unlock()
	for n := range littleBytes {
		h.put(&little, nil, n) // would hang
		h.put(&much, nil, 4*littleBytes+n)
	}
}
