package actors

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
)

func openInside(t *testing.T) *System {
	t.Helper()
	store := persistence.NewMemoryStore(persistence.MemoryConfig{History: 1000})
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Node, cfg.Ring, cfg.Store, cfg.Committer = "n1", cluster.Alone("n1"), store, committer
	cfg.Logger, cfg.History = slog.New(slog.DiscardHandler), 1000
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = committer.Close(); s.Close() })
	return s
}

// TestPanicEndsTheRoomOnly makes a room panic again and again while it is
// published to: every publish is answered or of unknown outcome, what was
// answered is there under its id, and no seq is given twice.
func TestPanicEndsTheRoomOnly(t *testing.T) {
	s := openInside(t)
	key, _ := ParseRoom("a")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	const publishers, each = 4, 100
	var mu sync.Mutex
	acked := map[persistence.Position]string{}
	var work sync.WaitGroup
	for p := range publishers {
		work.Go(func() {
			for n := range each {
				body := fmt.Sprintf(`{"n":%d,"timestamp":"x"}`, p*each+n)
				r, err := s.Publish(ctx, Publication{Room: key, Body: []byte(body), Stamped: true})
				if err != nil {
					t.Errorf("publish %d: %v", p*each+n, err)
					continue
				}
				mu.Lock()
				if other, twice := acked[r.ID]; twice {
					t.Errorf("id %v was given to %s and %s", r.ID, other, body)
				}
				acked[r.ID] = body
				mu.Unlock()
				if n%10 == 0 {
					// A roster without a front is a bug that no front has.
					s.node.root.Send(s.node.rooms, toRoom{key: key, message: roster{}})
				}
			}
		})
	}
	work.Wait()
	h, err := s.History(ctx, key)
	if err != nil || len(h) != publishers*each {
		t.Fatalf("%d messages, %v", len(h), err)
	}
	for i, rec := range h {
		if rec.Seq != uint64(i+1) || acked[rec.Position] != string(rec.Data) {
			t.Errorf("message %d is %v %s", i+1, rec.Position, rec.Data)
		}
	}
}

func TestHistoryIsNeverOverwritten(t *testing.T) {
	r := &room{node: &node{cfg: Config{History: 3}, window: 3}}
	var seen [][]persistence.Record
	seq := uint64(0)
	for n := range 50 {
		var batch []persistence.Record
		for range n%5 + 1 {
			seq++
			batch = append(batch, persistence.Record{Position: persistence.Position{Seq: seq}})
		}
		r.remember(batch)
		h := r.history()
		seen = append(seen, h)
		if len(h) > 3 || h[len(h)-1].Seq != seq {
			t.Fatalf("history %v after %d", h, seq)
		}
	}
	for _, h := range seen {
		for i := 1; i < len(h); i++ {
			if h[i].Seq != h[i-1].Seq+1 {
				t.Fatalf("a slice handed out earlier now reads %v", h)
			}
		}
	}
}

func TestKeyring(t *testing.T) {
	k := newKeyring(nil)
	now := int64(1_000_000)
	add := func(n int) error {
		e := &persistence.KeyEntry{Hash: hashKey(fmt.Sprint(n)), At: persistence.Position{Seq: uint64(n)}, Time: now}
		if err := k.place(e, byKey); err != nil {
			return err
		}
		k.add(e)
		return nil
	}
	for n := range maxKeys {
		if err := add(n); err != nil {
			t.Fatalf("key %d: %v", n, err)
		}
	}
	if err := add(maxKeys); err != ErrKeysExhausted {
		t.Fatalf("one key too many: %v", err)
	}
	if k.find(hashKey("0")) == nil {
		t.Error("a young key is forgotten")
	}
	now += keyLife.Milliseconds() + 1
	if err := add(maxKeys); err != nil {
		t.Fatalf("after the keys' life: %v", err)
	}
	if k.find(hashKey("0")) != nil || k.find(hashKey("1")) == nil {
		t.Error("not the oldest key was forgotten")
	}
	slots := map[uint32]bool{}
	for _, e := range k.keys {
		slots[e.Slot] = true
	}
	if len(slots) != maxKeys || len(k.byHash) != maxKeys {
		t.Errorf("%d entries in %d slots", len(k.byHash), len(slots))
	}
}

// TestKeyringOfSources takes in many places of many sources: of each the newest is
// remembered, of the sources those taken from last, and neither costs keys.
func TestKeyringOfSources(t *testing.T) {
	k := newKeyring(nil)
	now := int64(1_000_000)
	entry := func(source string, offset uint64) *persistence.KeyEntry {
		return newEntry(&Publication{Source: source, Offset: offset, Key: "any"}, now)
	}
	add := func(source string, offset uint64) {
		t.Helper()
		e := entry(source, offset)
		if err := k.place(e, bySource); err != nil {
			t.Fatal(err)
		}
		k.add(e)
	}
	known := func(source string, offset uint64) bool {
		e := entry(source, offset)
		before := k.find(e.Hash)
		return before != nil && takenIn(before, e)
	}
	for offset := range uint64(2 * maxKeys) {
		add("a", offset)
		add("b", 2*offset)
	}
	for source, newest := range map[string]uint64{"a": 2*maxKeys - 1, "b": 4*maxKeys - 2} {
		for offset, want := range map[uint64]bool{0: true, newest - 1: true, newest: true, newest + 1: false} {
			if known(source, offset) != want {
				t.Errorf("%s at %d: known is %v", source, offset, !want)
			}
		}
	}
	if len(k.sources) != 2 || len(k.keys)+len(k.retries) != 0 || k.exhausted(0, now) {
		t.Errorf("%d entries of 2 sources, %d others", len(k.sources), len(k.keys)+len(k.retries))
	}
	now += keyLife.Milliseconds() + 1
	if known("a", 0) || !known("a", 2*maxKeys-minKeys) {
		t.Error("later what is far back is not new, or what is near is")
	}
	add("a", 7) // which is read again
	for i := range maxSources - 1 {
		add(fmt.Sprint("c", i), 1)
	}
	if known("b", 0) || !known("a", 7) || known("a", 8) {
		t.Error("not the source of long ago was forgotten")
	}
	var stored []persistence.KeyEntry
	slots := map[uint32]bool{}
	for _, e := range k.sources {
		stored, slots[e.Slot] = append(stored, *e), true
	}
	if len(slots) != maxSources || len(k.byHash) != maxSources {
		t.Errorf("%d entries in %d slots", len(k.byHash), len(slots))
	}
	if again := newKeyring(stored); len(again.sources) != maxSources || len(again.keys)+len(again.retries) != 0 {
		t.Errorf("read again: %d sources", len(again.sources))
	}
}
