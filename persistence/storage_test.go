package persistence_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// storageModel is a storage as anybody would write it.
type storageModel map[string]string

func (m storageModel) apply(c *persistence.Change) {
	if c.Clear {
		clear(m)
	}
	for _, key := range c.Deletes {
		delete(m, key)
	}
	for _, it := range c.Puts {
		m[it.Key] = string(it.Value)
	}
}

// compare tells how the storage differs from the model, whichever way one looks.
func (m storageModel) compare(s *persistence.Storage, rng *rand.Rand) error {
	keys := slices.Sorted(maps.Keys(m))
	size := 0
	for key, value := range m {
		size += len(key) + len(value)
		if got, ok := s.Get(key); !ok || string(got) != value {
			return fmt.Errorf("under %q is %q, %v, want %q", key, got, ok, value)
		}
	}
	if s.Len() != len(m) || s.Bytes() != size {
		return fmt.Errorf("%d items of %d bytes, want %d of %d", s.Len(), s.Bytes(), len(m), size)
	}
	pivot := storageKey(rng)
	if _, ok := s.Get(pivot); ok != (m[pivot] != "") {
		return fmt.Errorf("there is %q: %v", pivot, ok)
	}
	at, _ := slices.BinarySearch(keys, pivot)
	limit := rng.IntN(len(keys) + 2)
	back := slices.Clone(keys)
	slices.Reverse(back)
	return errors.Join(
		compareWalk(s.Ascend, "", keys, limit),
		compareWalk(s.Ascend, pivot, keys[at:], limit),
		compareWalk(s.Descend, "", back, limit),
		compareWalk(s.Descend, pivot, back[len(back)-at:], limit),
	)
}

func (m storageModel) check(t *testing.T, s *persistence.Storage, rng *rand.Rand) {
	t.Helper()
	if err := m.compare(s, rng); err != nil {
		t.Fatal(err)
	}
}

// compareWalk has a walk end after limit items and wants the first of want.
func compareWalk(walk func(string, func(persistence.Item) bool), pivot string, want []string, limit int) error {
	var got []string
	if limit > 0 {
		walk(pivot, func(it persistence.Item) bool {
			got = append(got, it.Key)
			return len(got) < limit
		})
	}
	if want = want[:min(limit, len(want))]; !slices.Equal(got, want) {
		return fmt.Errorf("walk of %d items from %q sees %q, want %q", limit, pivot, got, want)
	}
	return nil
}

// storageKey picks one of some hundred keys that share beginnings.
func storageKey(rng *rand.Rand) string {
	return strings.Repeat("\x00", rng.IntN(2)) + strings.Repeat("k", 1+rng.IntN(2)) + fmt.Sprint(rng.IntN(40))
}

// storageChange picks a change that a turn may bring.
func storageChange(rng *rand.Rand) *persistence.Change {
	c := &persistence.Change{Clear: rng.IntN(30) == 0}
	touched := make(map[string]bool)
	for range rng.IntN(8) {
		touched[storageKey(rng)] = rng.IntN(3) > 0
	}
	for _, key := range slices.Sorted(maps.Keys(touched)) {
		if touched[key] {
			c.Puts = append(c.Puts, persistence.Item{Key: key, Value: bytes.Repeat([]byte("v"), 1+rng.IntN(9))})
		} else {
			c.Deletes = append(c.Deletes, key)
		}
	}
	return c
}

// TestStorageModel changes storages and their clones, which go their own ways,
// and compares each with a model.
func TestStorageModel(t *testing.T) {
	type pair struct {
		storage *persistence.Storage
		model   storageModel
	}
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 3))
		t.Logf("seed %d", seed)
		pairs := []pair{{persistence.NewStorage(nil), storageModel{}}}
		for range 400 {
			p := pairs[rng.IntN(len(pairs))]
			if rng.IntN(20) == 0 && len(pairs) < 6 {
				pairs = append(pairs, pair{p.storage.Clone(), maps.Clone(p.model)})
			}
			c := storageChange(rng)
			p.storage.Apply(c)
			p.model.apply(c)
			p.model.check(t, p.storage, rng)
		}
		for _, p := range pairs {
			p.model.check(t, p.storage, rng)
		}
	}
}

func TestNewStorage(t *testing.T) {
	s := persistence.NewStorage([]persistence.Item{{"b", []byte("1")}, {"a", nil}, {"b", []byte("22")}})
	var got []string
	s.Ascend("", func(it persistence.Item) bool {
		got = append(got, it.Key+"="+string(it.Value))
		return true
	})
	if want := []string{"a=", "b=22"}; !slices.Equal(got, want) || s.Len() != 2 || s.Bytes() != 4 {
		t.Errorf("holds %q, %d items of %d bytes, want %q", got, s.Len(), s.Bytes(), want)
	}
}

func TestNilStorage(t *testing.T) {
	var s *persistence.Storage
	never := func(it persistence.Item) bool { t.Errorf("yields %v", it); return true }
	s.Ascend("", never)
	s.Descend("", never)
	if _, ok := s.Get(""); ok || s.Len() != 0 || s.Bytes() != 0 {
		t.Error("a nil storage holds something")
	}
	clone := s.Clone()
	clone.Apply(&persistence.Change{Puts: []persistence.Item{{Key: "a"}}})
	if clone.Len() != 1 {
		t.Error("the clone of a nil storage takes nothing")
	}
}

// TestStorageIsShared reads and clones one storage from several goroutines, each
// of which changes its clone.
func TestStorageIsShared(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	model := storageModel{}
	shared := persistence.NewStorage(nil)
	for range 50 {
		c := storageChange(rng)
		shared.Apply(c)
		model.apply(c)
	}
	var all sync.WaitGroup
	for seed := range uint64(4) {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 4))
			for range 20 {
				clone, own := shared.Clone(), maps.Clone(model)
				c := storageChange(rng)
				clone.Apply(c)
				own.apply(c)
				if err := errors.Join(own.compare(clone, rng), model.compare(shared, rng)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
