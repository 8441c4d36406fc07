package persistencetest

import (
	"bytes"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// turnsOfAllSizes returns turns of no message, of one and of several, under
// rising epochs, some of them with a key and an answer.
func turnsOfAllSizes(a *author) []persistence.Write {
	var out []persistence.Write
	epoch := uint64(7)
	for n, messages := range []int{0, 0, 1, 2, 0, 3, 1, 9, 0, 10, 11, 1, 25, 0, 1} {
		first := persistence.Position{Epoch: epoch, Seq: a.head.Last.Seq + 1}
		t := persistence.Turn{Records: records(a.key, epoch, first.Seq, a.head.Last.Seq+uint64(messages))}
		if n%2 == 0 {
			t.Key = &persistence.KeyEntry{
				Slot: uint32(n % 4), Hash: [16]byte{byte(n)}, Turn: a.head.Turn + 1, Time: int64(n),
				Answer: bytes.Repeat([]byte{'a'}, 1+n*persistence.MaxAnswerBytes/14-n),
			}
			if messages > 0 {
				t.Key.At = first
			}
		}
		out = append(out, a.add(t))
		if n%5 == 4 {
			epoch++
		}
	}
	return out
}

// testTurns commits turns one by one.
func testTurns(t *testing.T, subject Subject) {
	const history = 10
	s := subject.Open(t, history)
	defer closeStore(t, s)
	check := newAuthor(room("a"))
	for _, w := range turnsOfAllSizes(newAuthor(check.key)) {
		check.add(*w.Turn)
		commit(t, s, w)
		checkState(t, s, check.key, check.state(history))
		if got := list(t, s, persistence.RoomKey{}, 2); len(got) != 1 || got[0] != (listed{check.key, check.head.Last}) {
			t.Fatalf("listed are %v, want %q at %v", got, check.key, check.head.Last)
		}
	}
}

// testTurnsOfOneBatch commits the same turns some at a time, among those of
// another room.
func testTurnsOfOneBatch(t *testing.T, subject Subject) {
	const history = 10
	s := subject.Open(t, history)
	defer closeStore(t, s)
	for _, size := range []int{2, 3, 4, 15} {
		check, other := newAuthor(room("a")), newAuthor(room("b"))
		commit(t, s, forgetWrite(check.key), forgetWrite(other.key))
		turns := turnsOfAllSizes(newAuthor(check.key))
		for len(turns) > 0 {
			var batch []persistence.Write
			for _, w := range turns[:min(size, len(turns))] {
				check.add(*w.Turn)
				batch = append(batch, w, other.turn(7, len(w.Turn.Records)%3))
			}
			turns = turns[min(size, len(turns)):]
			commit(t, s, batch...)
			checkState(t, s, check.key, check.state(history))
			checkState(t, s, other.key, other.state(history))
		}
	}
}
