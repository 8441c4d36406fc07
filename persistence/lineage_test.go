package persistence_test

import (
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func TestLineageBegin(t *testing.T) {
	for _, test := range []struct {
		name         string
		from         persistence.Lineage
		epoch, first uint64
		want         persistence.Lineage
	}{
		{"first", nil, 7, 1, persistence.Lineage{{7, 1}}},
		{"next", persistence.Lineage{{7, 1}}, 9, 5, persistence.Lineage{{7, 1}, {9, 5}}},
		{"empty one is replaced", persistence.Lineage{{7, 1}, {9, 5}}, 12, 5, persistence.Lineage{{7, 1}, {12, 5}}},
		{"only one, empty, is replaced", persistence.Lineage{{7, 1}}, 9, 1, persistence.Lineage{{9, 1}}},
		{"several beyond a lost end are replaced", persistence.Lineage{{7, 1}, {9, 5}, {12, 8}}, 20, 4, persistence.Lineage{{7, 1}, {20, 4}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.from)
			if got := test.from.Begin(test.epoch, test.first); !slices.Equal(got, test.want) {
				t.Errorf("Begin(%d, %d) = %v, want %v", test.epoch, test.first, got, test.want)
			}
			if !slices.Equal(test.from, before) {
				t.Errorf("Begin changed its receiver to %v", test.from)
			}
		})
	}
}

func TestLineageBeginForgetsTheOldest(t *testing.T) {
	var l persistence.Lineage
	for i := uint64(1); i <= 3*persistence.MaxSpans; i++ {
		l = l.Begin(10*i, i)
	}
	if len(l) != persistence.MaxSpans {
		t.Fatalf("%d spans, want %d", len(l), persistence.MaxSpans)
	}
	if want := (persistence.Span{Epoch: 10 * (2*persistence.MaxSpans + 1), First: 2*persistence.MaxSpans + 1}); l[0] != want {
		t.Errorf("oldest is %v, want %v", l[0], want)
	}
	// An epoch that never held a message pushes nobody out.
	if got := l.Begin(1000, 3*persistence.MaxSpans); got[0] != l[0] || len(got) != persistence.MaxSpans {
		t.Errorf("replacing the newest span gave %v", got)
	}
}

func TestLineageJudges(t *testing.T) {
	l := persistence.Lineage{{7, 10}, {9, 15}, {12, 16}}
	for _, test := range []struct {
		at     persistence.Position
		epoch  uint64 // that EpochOf returns, 0 for none
		admits bool
	}{
		{persistence.Position{Epoch: 7, Seq: 10}, 7, true},
		{persistence.Position{Epoch: 7, Seq: 14}, 7, true},
		{persistence.Position{Epoch: 7, Seq: 15}, 9, false}, // of an epoch that ended before
		{persistence.Position{Epoch: 9, Seq: 15}, 9, true},
		{persistence.Position{Epoch: 9, Seq: 14}, 7, false}, // of an epoch that began after
		{persistence.Position{Epoch: 12, Seq: 1 << 60}, 12, true},
		{persistence.Position{Epoch: 13, Seq: 1 << 60}, 12, false},
		{persistence.Position{Epoch: 8, Seq: 12}, 7, false}, // between two epochs
		{persistence.Position{Epoch: 6, Seq: 9}, 0, true},   // older than is remembered
		{persistence.Position{Epoch: 7, Seq: 9}, 0, false},
	} {
		epoch, ok := l.EpochOf(test.at.Seq)
		if epoch != test.epoch || ok != (test.epoch != 0) {
			t.Errorf("EpochOf(%d) = %d, %v, want %d", test.at.Seq, epoch, ok, test.epoch)
		}
		if got := l.Admits(test.at); got != test.admits {
			t.Errorf("Admits(%v) = %v", test.at, got)
		}
	}
	if l.Current() != 12 || !l.Knows(7) || !l.Knows(12) || l.Knows(8) {
		t.Errorf("current %d, knows 7, 12 and 8: %v %v %v", l.Current(), l.Knows(7), l.Knows(12), l.Knows(8))
	}
}

func TestEmptyLineage(t *testing.T) {
	var l persistence.Lineage
	if _, ok := l.EpochOf(1); ok || l.Current() != 0 || l.Knows(0) || l.Admits(persistence.Position{}) {
		t.Error("an empty lineage knows something")
	}
}
