package persistence

import (
	"sync"

	"github.com/google/btree"
)

// storageDegree is the degree of the tree: nodes of up to 63 items.
const storageDegree = 32

// Storage is what a room has stored: values by key, in the order of their keys'
// bytes. Values are shared, and never changed. A nil Storage is an empty one for
// reading, and for Clone.
//
// While nobody changes a storage, any number of goroutines may read and clone
// it. A Clone is independent of what it was made from: either may be changed
// while the other is read.
type Storage struct {
	cloning sync.Mutex // a clone marks the tree it was made from
	tree    *btree.BTreeG[Item]
	bytes   int
}

// NewStorage returns a storage that holds the items, in whatever order they are;
// of two under one key the later.
func NewStorage(items []Item) *Storage {
	s := emptyStorage()
	for _, it := range items {
		s.put(it)
	}
	return s
}

func emptyStorage() *Storage {
	return &Storage{tree: btree.NewG(storageDegree, func(a, b Item) bool { return a.Key < b.Key })}
}

// Clone returns a storage that holds the same. It takes no time to speak of:
// what both hold is shared until one of them changes it.
func (s *Storage) Clone() *Storage {
	if s == nil {
		return emptyStorage()
	}
	s.cloning.Lock()
	defer s.cloning.Unlock()
	return &Storage{tree: s.tree.Clone(), bytes: s.bytes}
}

// Len returns the number of items.
func (s *Storage) Len() int {
	if s == nil {
		return 0
	}
	return s.tree.Len()
}

// Bytes returns the bytes of all keys and values.
func (s *Storage) Bytes() int {
	if s == nil {
		return 0
	}
	return s.bytes
}

// Get returns the value under the key. It must not be changed.
func (s *Storage) Get(key string) (value []byte, ok bool) {
	if s == nil {
		return nil, false
	}
	it, ok := s.tree.Get(Item{Key: key})
	return it.Value, ok
}

// Apply changes the storage as a turn says.
func (s *Storage) Apply(c *Change) {
	if c.Clear {
		s.tree.Clear(false)
		s.bytes = 0
	}
	for _, key := range c.Deletes {
		s.remove(key)
	}
	for _, it := range c.Puts {
		s.put(it)
	}
}

func (s *Storage) put(it Item) {
	if old, replaced := s.tree.ReplaceOrInsert(it); replaced {
		s.bytes -= old.size()
	}
	s.bytes += it.size()
}

func (s *Storage) remove(key string) {
	if old, ok := s.tree.Delete(Item{Key: key}); ok {
		s.bytes -= old.size()
	}
}

// Ascend calls yield for the items in order, from the first that is not below
// from, until it returns false. The storage must not change meanwhile.
func (s *Storage) Ascend(from string, yield func(Item) bool) {
	if s != nil {
		s.tree.AscendGreaterOrEqual(Item{Key: from}, yield)
	}
}

// Descend calls yield for the items in reverse order, from the last that is
// below the key below, or from the very last if that is empty, until it returns
// false. The storage must not change meanwhile.
func (s *Storage) Descend(below string, yield func(Item) bool) {
	switch {
	case s == nil:
	case below == "":
		s.tree.Descend(yield)
	default:
		s.tree.DescendLessOrEqual(Item{Key: below}, func(it Item) bool {
			return it.Key == below || yield(it)
		})
	}
}
