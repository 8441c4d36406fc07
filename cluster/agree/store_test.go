package agree

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

func newStore(t *testing.T, dir string) *store {
	t.Helper()
	s, err := openStore(dir, func(err error) { t.Errorf("store broke: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// check ends the test if a call failed that must not fail.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// model is what a store should hold.
type model map[uint64]raft.Log

func (m model) edges() (first, last uint64) {
	for index := range m {
		last = max(last, index)
		if first == 0 || index < first {
			first = index
		}
	}
	return first, last
}

func (m model) delete(first, last uint64) {
	for index := range m {
		if index >= first && index <= last {
			delete(m, index)
		}
	}
}

// TestStoreLikeModel makes the same random calls to the store and to a map, and
// closes and opens the store in between.
func TestStoreLikeModel(t *testing.T) {
	dir := t.TempDir()
	s, m := newStore(t, dir), model{}
	random := rand.New(rand.NewPCG(1, 2))
	next := uint64(1)
	for i := range 400 {
		first, last := m.edges()
		switch random.IntN(6) {
		case 0, 1, 2:
			var logs []*raft.Log
			for range 1 + random.IntN(5) {
				l := raft.Log{Index: next, Term: next / 3, Type: raft.LogConfiguration, Data: bytes.Repeat([]byte{byte(i)}, random.IntN(100))}
				logs, m[next] = append(logs, &l), l
				next++
			}
			check(t, s.StoreLogs(logs))
		case 3: // the beginning, after a snapshot
			to := first + uint64(random.IntN(4))
			check(t, s.DeleteRange(first, to))
			m.delete(first, to)
		case 4: // the end, when a leader says otherwise
			from := max(first, last-min(last, uint64(random.IntN(3))))
			check(t, s.DeleteRange(from, last))
			m.delete(from, last)
			next = max(from, 1)
		case 5:
			if i%4 == 0 {
				check(t, s.Close())
				s = newStore(t, dir)
			}
		}
		m.compare(t, s, next)
	}
}

func (m model) compare(t *testing.T, s *store, next uint64) {
	t.Helper()
	for index := range next + 2 {
		var got raft.Log
		want, ok := m[index]
		if err := s.GetLog(index, &got); ok != (err == nil) || !ok && !errors.Is(err, raft.ErrLogNotFound) {
			t.Fatalf("entry %d: %v", index, err)
		}
		if got.Index != want.Index || got.Term != want.Term || got.Type != want.Type || !bytes.Equal(got.Data, want.Data) {
			t.Fatalf("entry %d: %+v, want %+v", index, got, want)
		}
	}
	first, err := s.FirstIndex()
	check(t, err)
	last, err := s.LastIndex()
	check(t, err)
	if wantFirst, wantLast := m.edges(); first != wantFirst || last != wantLast {
		t.Fatalf("entries %d to %d, want %d to %d", first, last, wantFirst, wantLast)
	}
}

func TestStoreKeepsValuesAndItsID(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, dir)
	if b, err := s.Get([]byte("none")); err != nil || len(b) != 0 {
		t.Fatalf("value that was never set: %q, %v", b, err)
	}
	if n, err := s.GetUint64([]byte("none")); err != nil || n != 0 {
		t.Fatalf("number that was never set: %d, %v", n, err)
	}
	check(t, s.Set([]byte("vote"), []byte("n1")))
	check(t, s.SetUint64([]byte("term"), 7))
	id := s.id
	check(t, s.Close())
	s = newStore(t, dir)
	vote, err := s.Get([]byte("vote"))
	check(t, err)
	term, err := s.GetUint64([]byte("term"))
	check(t, err)
	if string(vote) != "n1" || term != 7 || s.id != id {
		t.Fatalf("vote %q, term %d, id %s, was %s", vote, term, s.id, id)
	}
	if _, err := s.GetUint64([]byte("vote")); err == nil {
		t.Fatal("a text was read as number")
	}
	if other := newStore(t, t.TempDir()); other.id == id || len(id) != 16 {
		t.Fatalf("ids %s and %s", id, other.id)
	}
}

func TestStoreIsOpenOnce(t *testing.T) {
	dir := t.TempDir()
	newStore(t, dir)
	if _, err := openStore(dir, nil); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Fatalf("opened twice: %v", err)
	}
}

func TestStoreTellsThatItIsBroken(t *testing.T) {
	var told error
	s, err := openStore(t.TempDir(), func(err error) { told = err })
	check(t, err)
	defer s.Close()
	if err := s.Set(nil, []byte("x")); err == nil || told == nil {
		t.Fatalf("write without a key: %v, told %v", err, told)
	}
}

func TestStoreOfSomethingElse(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, storeFile), bytes.Repeat([]byte("no database "), 4096), 0o600))
	if _, err := openStore(dir, nil); err == nil {
		t.Fatal("opened what is no database")
	}
}

func FuzzEntry(f *testing.F) {
	f.Add(uint64(1), uint64(1), byte(0), int64(0), []byte("data"), []byte("more"))
	f.Fuzz(func(t *testing.T, index, term uint64, kind byte, at int64, data, extensions []byte) {
		in := raft.Log{Index: index, Term: term, Type: raft.LogType(kind), Data: data, Extensions: extensions}
		if at != 0 {
			in.AppendedAt = time.Unix(0, at)
		}
		b := encodeEntry(&in)
		var out raft.Log
		if err := decodeEntry(b, index, &out); err != nil {
			t.Fatal(err)
		}
		if out.Index != index || out.Term != term || out.Type != in.Type || !out.AppendedAt.Equal(in.AppendedAt) ||
			!bytes.Equal(out.Data, data) || !bytes.Equal(out.Extensions, extensions) {
			t.Fatalf("%+v became %+v", in, out)
		}
		if decodeEntry(b, index+1, &out) == nil {
			t.Fatal("entry of another index was taken")
		}
		b[int(term%uint64(len(b)))] ^= 1 << (index % 8)
		if decodeEntry(b, index, &out) == nil {
			t.Fatal("a flipped bit was not noticed")
		}
		_ = decodeEntry(data, index, &out) // whatever it is, without a panic
	})
}
