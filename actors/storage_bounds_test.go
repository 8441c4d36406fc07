package actors_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestStorageBounds puts what just fits, and what just does not: after an error
// nothing is changed.
func TestStorageBounds(t *testing.T) {
	long := strings.Repeat("k", actors.MaxStorageKey)
	large := bytes.Repeat([]byte("v"), actors.MaxStorageValue)
	batch := func(n int) (keys []string, values map[string][]byte) {
		values = make(map[string][]byte)
		for i := range n {
			keys = append(keys, fmt.Sprint("b", i))
			values[keys[i]] = nil
		}
		return keys, values
	}
	fit, fits := batch(actors.MaxStorageBatch)
	more, tooMany := batch(actors.MaxStorageBatch + 1)
	tests := []struct {
		name string
		do   func(*actors.Storage) error
		want error
	}{
		{"longest key", func(s *actors.Storage) error { return s.Put(long, nil) }, nil},
		{"key too long", func(s *actors.Storage) error { return s.Put(long+"k", nil) }, actors.ErrStorageKey},
		{"empty key", func(s *actors.Storage) error { return s.Put("", nil) }, actors.ErrStorageKey},
		{"empty key among others", func(s *actors.Storage) error {
			return s.PutAll(map[string][]byte{"x": nil, "": nil, "y": nil})
		}, actors.ErrStorageKey},
		{"longest value", func(s *actors.Storage) error { return s.Put("v", large) }, nil},
		{"value too long", func(s *actors.Storage) error { return s.Put("x", append(large, 'v')) }, actors.ErrStorageValue},
		{"value too long among others", func(s *actors.Storage) error {
			return s.PutAll(map[string][]byte{"x": nil, "y": append(large, 'v'), "z": nil})
		}, actors.ErrStorageValue},
		{"most keys", func(s *actors.Storage) error { return s.PutAll(fits) }, nil},
		{"put too many", func(s *actors.Storage) error { return s.PutAll(tooMany) }, actors.ErrStorageBatch},
		{"get too many", func(s *actors.Storage) error { _, err := s.GetAll(more...); return err }, actors.ErrStorageBatch},
		{"delete too many", func(s *actors.Storage) error { return deleted(s, 0, more...) }, actors.ErrStorageBatch},
		{"get most", func(s *actors.Storage) error { _, err := s.GetAll(fit...); return err }, nil},
		{"delete most", func(s *actors.Storage) error { return deleted(s, actors.MaxStorageBatch, fit...) }, nil},
	}
	inStorage(t, 0, func(s *actors.Storage) {
		for _, tt := range tests {
			before, _ := s.List(actors.ListOptions{})
			if err := tt.do(s); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			after, _ := s.List(actors.ListOptions{})
			if same := slices.EqualFunc(before, after, sameItem); tt.want != nil && !same {
				t.Errorf("%s: storage changed from %d items to %d", tt.name, len(before), len(after))
			}
		}
	})
}

func sameItem(a, b actors.Item) bool { return a.Key == b.Key && bytes.Equal(a.Value, b.Value) }

// TestStorageBudget fills a room to the brim. What takes no more room than was
// there is stored in a full room, too.
func TestStorageBudget(t *testing.T) {
	const limit = 1000
	inStorage(t, limit, func(s *actors.Storage) {
		put := func(what string, values map[string][]byte, want error) {
			t.Helper()
			if err := s.PutAll(values); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
			if used, of := s.Bytes(); used > of || of != limit {
				t.Errorf("after %s: %d bytes of %d", what, used, of)
			}
		}
		put("half", map[string][]byte{"a": make([]byte, 490)}, nil)
		put("too much", map[string][]byte{"b": make([]byte, 600)}, actors.ErrStorageFull)
		put("too much together", map[string][]byte{"b": make([]byte, 300), "c": make([]byte, 300)}, actors.ErrStorageFull)
		put("too much instead", map[string][]byte{"a": make([]byte, 1000)}, actors.ErrStorageFull)
		put("the other half", map[string][]byte{"b": make([]byte, 490)}, nil)
		used, _ := s.Bytes()
		put("the rest", map[string][]byte{"b": make([]byte, 490+limit-used)}, nil)
		if used, of := s.Bytes(); used != of {
			t.Errorf("%d bytes of %d in a full room", used, of)
		}
		put("one byte more", map[string][]byte{"a": make([]byte, 491)}, actors.ErrStorageFull)
		put("as much instead", map[string][]byte{"a": bytes.Repeat([]byte("x"), 490)}, nil)
		put("less instead", map[string][]byte{"a": make([]byte, 10)}, nil)
		put("with the room gained", map[string][]byte{"c": make([]byte, 400)}, nil)
		if err := s.DeleteAll(); err != nil {
			t.Error(err)
		}
		if used, _ := s.Bytes(); used != 0 {
			t.Errorf("%d bytes after DeleteAll", used)
		}
	})
}
