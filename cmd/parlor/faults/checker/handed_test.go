package checker_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// brokered is the good history with a broker that was given everything, and some
// of it twice, as after a change of owner.
func brokered() *history.History {
	h := good()
	h.Run.Broker = true
	for _, i := range []int{1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9} {
		hand(h, messageTime(i), idOf(i))
	}
	h.Handed = append(h.Handed, history.Handed{Time: 94 * second, Room: "b", ID: "5-1", UUID: "b1", SHA: "b1"})
	return h
}

// hand adds a record of room a.
func hand(h *history.History, at int64, id string) {
	h.Handed = append(h.Handed, history.Handed{Time: at, Room: "a", ID: id, UUID: uuidOf(id), SHA: uuidOf(id)})
}

func TestBrokerWithEverything(t *testing.T) {
	r := checker.Check(brokered())
	if !r.OK() || r.Tally.Handed != 12 || r.Tally.Repeated != 2 {
		t.Errorf("%+v\n%s", r.Tally, describe(r))
	}
}

func TestBrokerThatWasFailed(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(*history.History)
		want []string // these are broken, and no others
	}{
		{"the newest is missing", func(h *history.History) { h.Handed = slices.Delete(h.Handed, 10, 11) }, []string{"I14"}},
		{"one is missing", func(h *history.History) { h.Handed = slices.Delete(h.Handed, 8, 9) }, []string{"I14"}},
		{"two are exchanged", func(h *history.History) { h.Handed[7], h.Handed[8] = h.Handed[8], h.Handed[7] }, []string{"I14"}},
		{"a room is missing", func(h *history.History) { h.Handed = h.Handed[:11] }, []string{"I14"}},
		{"nothing was handed over", func(h *history.History) { h.Handed = nil }, []string{"I14"}},
		{"other bytes", func(h *history.History) { h.Handed[2].SHA = "x" }, []string{"I14", "I5"}},
		{"refused, and handed over", func(h *history.History) {
			h.Handed = append(h.Handed, history.Handed{Time: 95 * second, Room: "a", ID: "9-10", UUID: "no"})
		}, []string{"I5"}},
		{"another in its place", func(h *history.History) { h.Handed[3].ID = "8-4" }, []string{"I14", "I2"}},
		{"an id that is none", func(h *history.History) { h.Handed[3].ID = "" }, []string{"I14", "I3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := brokered()
			test.make(h)
			r := checker.Check(h)
			if got := slices.Sorted(maps.Keys(r.Broken)); !slices.Equal(got, test.want) {
				t.Errorf("broken: %v, want %v\n%s", got, test.want, describe(r))
			}
		})
	}
}
