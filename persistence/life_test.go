package persistence_test

import (
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func TestLifeNext(t *testing.T) {
	for _, test := range []struct {
		name string
		from persistence.Life
		now  uint64
		want persistence.Life
	}{
		{"first", persistence.Life{}, 1000, persistence.Life{Epoch: 1000}},
		{"first, without a clock", persistence.Life{}, 0, persistence.Life{Epoch: 1}},
		{"the clock went on", persistence.Life{Epoch: 1000}, 2000, persistence.Life{Epoch: 2000, Past: []uint64{1000}}},
		{"the clock stands", persistence.Life{Epoch: 1000}, 1000, persistence.Life{Epoch: 1001, Past: []uint64{1000}}},
		{"the clock went back", persistence.Life{Epoch: 1000, Past: []uint64{900}}, 5, persistence.Life{Epoch: 1001, Past: []uint64{900, 1000}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.from.Next(test.now); got.Epoch != test.want.Epoch || !slices.Equal(got.Past, test.want.Past) {
				t.Errorf("Next(%d) = %+v, want %+v", test.now, got, test.want)
			}
		})
	}
}

func TestLifeNextForgetsTheOldest(t *testing.T) {
	var l persistence.Life
	for now := uint64(1); now <= persistence.MaxSpans+5; now++ {
		before := slices.Clone(l.Past)
		next := l.Next(now)
		if !slices.Equal(l.Past, before) {
			t.Fatalf("Next changed its receiver to %v", l)
		}
		l = next
	}
	if len(l.Past) != persistence.MaxSpans || l.Past[0] != 5 || l.Past[persistence.MaxSpans-1] != persistence.MaxSpans+4 {
		t.Errorf("past is %v", l.Past)
	}
}
