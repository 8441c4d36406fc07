package actors

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func pos(epoch, seq uint64) persistence.Position {
	return persistence.Position{Epoch: epoch, Seq: seq}
}

func run(epoch, from, to uint64) (ps []persistence.Position) {
	for s := from; s <= to; s++ {
		ps = append(ps, pos(epoch, s))
	}
	return ps
}

func TestJudge(t *testing.T) {
	trimmed := &window{ // 7-1..7-40, 9-41..9-50; the last ten are kept
		lineage: persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 41}},
		past:    []uint64{3},
		last:    pos(9, 50),
		history: run(9, 41, 50),
	}
	mixed := &window{ // 7-1..7-4, 9-5..9-6; all kept
		lineage: persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 5}},
		last:    pos(9, 6),
		history: append(run(7, 1, 4), run(9, 5, 6)...),
	}
	ancient := &window{ // the kept messages are older than the lineage remembers
		lineage: persistence.Lineage{{Epoch: 90, First: 4}},
		last:    pos(7, 3),
		history: run(7, 1, 3),
	}
	reborn := &window{ // 7-1..7-44 survived an unclean end that may have lost more
		lineage: persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 12, First: 45}},
		last:    pos(7, 44),
		history: run(7, 35, 44),
	}
	forgotten := &window{ // messages 1 to 3 are of epochs that nobody remembers
		lineage: persistence.Lineage{{Epoch: 90, First: 4}}, past: []uint64{3},
		last: pos(90, 6), history: run(90, 6, 6),
	}
	empty := &window{lineage: persistence.Lineage{{Epoch: 5, First: 1}}, past: []uint64{4}, last: pos(0, 0)}

	tests := []struct {
		name string
		w    *window
		id   persistence.Position
		want verdict
	}{
		{"newest", trimmed, pos(9, 50), verdict{outcome: resumeFrom, after: 50}},
		{"within", trimmed, pos(9, 45), verdict{outcome: resumeFrom, after: 45}},
		{"oldest kept", trimmed, pos(9, 41), verdict{outcome: resumeFrom, after: 41}},
		{"just before the kept", trimmed, pos(7, 40), verdict{outcome: resumeFrom, after: 40}},
		{"one is gone", trimmed, pos(7, 39), verdict{outcome: resumeGap, from: pos(7, 40), to: pos(7, 40), lost: 1}},
		{"many are gone", trimmed, pos(7, 1), verdict{outcome: resumeGap, from: pos(7, 2), to: pos(7, 40), lost: 39}},
		{"before the first message", trimmed, pos(7, 0), verdict{outcome: resumeGap, from: pos(7, 1), to: pos(7, 40), lost: 40}},
		{"ahead in this epoch", trimmed, pos(9, 51), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"ahead in a later epoch", trimmed, pos(10, 51), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"seq of another epoch", trimmed, pos(7, 45), verdict{outcome: resumeReset, reason: resetHistoryLost}},
		{"an earlier life", trimmed, pos(3, 45), verdict{outcome: resumeReset, reason: resetHistoryLost}},
		{"an epoch that never was", trimmed, pos(8, 45), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"an epoch that never was, trimmed seq", trimmed, pos(8, 3), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"across epochs", mixed, pos(7, 3), verdict{outcome: resumeFrom, after: 3}},
		{"everything", mixed, pos(7, 0), verdict{outcome: resumeFrom, after: 0}},
		{"zero of a later epoch", mixed, pos(9, 0), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"kept but older than the lineage", ancient, pos(7, 2), verdict{outcome: resumeFrom, after: 2}},
		{"newest, older than the lineage", ancient, pos(7, 3), verdict{outcome: resumeFrom, after: 3}},
		{"survived", reborn, pos(7, 44), verdict{outcome: resumeFrom, after: 44}},
		{"did not survive", reborn, pos(7, 45), verdict{outcome: resumeReset, reason: resetHistoryLost}},
		{"empty room", empty, pos(5, 0), verdict{outcome: resumeFrom, after: 0}},
		{"empty room, earlier life", empty, pos(4, 0), verdict{outcome: resumeFrom, after: 0}},
		{"empty room, a life that never was", empty, pos(3, 0), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"found empty in an earlier life, trimmed since", trimmed, pos(3, 0), verdict{outcome: resumeGap, from: pos(7, 1), to: pos(7, 40), lost: 40}},
		{"found empty, first epochs forgotten", forgotten, pos(3, 0), verdict{outcome: resumeGap, from: pos(3, 1), to: pos(90, 5), lost: 5}},
		{"empty room, ahead", empty, pos(5, 1), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"empty room, zero", empty, pos(0, 0), verdict{outcome: resumeReset, reason: resetUnknownID}},
		{"far end", trimmed, pos(1<<64-1, 1<<64-1), verdict{outcome: resumeReset, reason: resetUnknownID}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.w.judge(tt.id); got != tt.want {
				t.Errorf("judge(%v) = %+v, want %+v", tt.id, got, tt.want)
			}
		})
	}
}
