package httpfront

import "sync"

// tally counts what each key holds, up to a limit. It remembers only keys that
// hold something, so that it is as large as what is counted. All methods may be
// called from any goroutine.
type tally[K comparable] struct {
	limit int // of each key; 0 for none, and nothing is counted

	mu   sync.Mutex
	held map[K]int // guarded by mu; no value is 0
}

func newTally[K comparable](limit int) *tally[K] {
	return &tally[K]{limit: limit, held: make(map[K]int)}
}

// take counts one for each of the keys, or for none and reports false if one of
// them has as many as it may.
func (t *tally[K]) take(keys ...K) bool {
	if t.limit == 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, key := range keys {
		if t.held[key] >= t.limit {
			t.giveLocked(keys[:i])
			return false
		}
		t.held[key]++
	}
	return true
}

// give takes back what take has counted.
func (t *tally[K]) give(keys ...K) {
	if t.limit == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.giveLocked(keys)
}

func (t *tally[K]) giveLocked(keys []K) {
	for _, key := range keys {
		if t.held[key]--; t.held[key] == 0 {
			delete(t.held, key)
		}
	}
}
