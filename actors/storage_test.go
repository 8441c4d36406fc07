package actors_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// inStorage runs one call of a room that may store limit bytes.
func inStorage(t *testing.T, limit int, do func(s *actors.Storage)) {
	t.Helper()
	var s script
	k := kind(&s)
	k.Storage = limit
	b := open(t, memory(t, 10), with(k))
	s.do(b, "a", func(c *actors.Context) error {
		do(c.Storage())
		return nil
	})
}

// wants reports it when a storage does not hold exactly these items.
func wants(t *testing.T, s *actors.Storage, want map[string]string) {
	t.Helper()
	items, err := s.List(actors.ListOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	got := make(map[string]string)
	for _, it := range items {
		got[it.Key] = string(it.Value)
	}
	if !maps.Equal(got, want) || len(items) != len(want) {
		t.Errorf("stored is %q, want %q", got, want)
	}
	for key, value := range want {
		if v, ok := s.Get(key); !ok || string(v) != value {
			t.Errorf("under %q is %q, %v, want %q", key, v, ok, value)
		}
	}
}

// TestStorage changes a storage step by step, and looks at all of it after each,
// within the call and in the next one.
func TestStorage(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	steps := []struct {
		name string
		do   func(*actors.Storage) error
		want map[string]string
	}{
		{"nothing", func(*actors.Storage) error { return nil }, nil},
		{"put", func(s *actors.Storage) error { return s.Put("a", []byte("1")) }, map[string]string{"a": "1"}},
		{"put again", func(s *actors.Storage) error { return s.Put("a", []byte("2")) }, map[string]string{"a": "2"}},
		{"empty value", func(s *actors.Storage) error { return s.Put("a", nil) }, map[string]string{"a": ""}},
		{"any bytes in a key", func(s *actors.Storage) error { return s.Put("\x00\xff\xfe/ü", []byte("3")) },
			map[string]string{"a": "", "\x00\xff\xfe/ü": "3"}},
		{"several", func(s *actors.Storage) error {
			return s.PutAll(map[string][]byte{"a": []byte("4"), "b": []byte("5"), "c": []byte("6")})
		}, map[string]string{"a": "4", "b": "5", "c": "6", "\x00\xff\xfe/ü": "3"}},
		{"put none", func(s *actors.Storage) error { return s.PutAll(nil) },
			map[string]string{"a": "4", "b": "5", "c": "6", "\x00\xff\xfe/ü": "3"}},
		{"delete", func(s *actors.Storage) error { return deleted(s, 2, "a", "nobody", "\x00\xff\xfe/ü") },
			map[string]string{"b": "5", "c": "6"}},
		{"delete twice at once", func(s *actors.Storage) error { return deleted(s, 1, "b", "b") }, map[string]string{"c": "6"}},
		{"delete and put", func(s *actors.Storage) error {
			return errors.Join(deleted(s, 1, "c"), s.Put("c", []byte("7")))
		}, map[string]string{"c": "7"}},
		{"put and delete", func(s *actors.Storage) error {
			return errors.Join(s.Put("d", []byte("8")), deleted(s, 1, "d"))
		}, map[string]string{"c": "7"}},
		{"delete all and put", func(s *actors.Storage) error {
			return errors.Join(s.DeleteAll(), s.Put("e", []byte("9")), deleted(s, 0, "c"))
		}, map[string]string{"e": "9"}},
		{"delete all of it", func(s *actors.Storage) error { return s.DeleteAll() }, nil},
		{"delete all of nothing", func(s *actors.Storage) error { return s.DeleteAll() }, nil},
	}
	for _, step := range steps {
		s.do(b, "a", func(c *actors.Context) error {
			if err := step.do(c.Storage()); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
			wants(t, c.Storage(), step.want)
			return nil
		})
		s.do(b, "a", func(c *actors.Context) error {
			wants(t, c.Storage(), step.want)
			return nil
		})
		if t.Failed() {
			t.Fatalf("after %q", step.name)
		}
	}
}

// deleted deletes keys of which so many are there.
func deleted(s *actors.Storage, want int, keys ...string) error {
	n, err := s.Delete(keys...)
	if n != want {
		return errors.Join(err, fmt.Errorf("deleted %d of %q, want %d", n, keys, want))
	}
	return err
}

// TestStorageIsTheCallsOwn has a call see what it changed, and others only what
// was concluded.
func TestStorageIsTheCallsOwn(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	failed := errors.New("no")
	if err := s.turn(b, "a", func(c *actors.Context) error {
		st := c.Storage()
		if err := st.Put("a", []byte("1")); err != nil {
			t.Error(err)
		}
		wants(t, c.Storage(), map[string]string{"a": "1"})
		return failed
	}); !errors.Is(err, actors.ErrFailed) {
		t.Fatalf("a call that fails: %v", err)
	}
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), nil)
		return nil
	})
	s.do(b, "b", func(c *actors.Context) error {
		wants(t, c.Storage(), nil)
		return c.Storage().Put("b", nil)
	})
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), nil)
		return nil
	})
}

// TestStorageCopies changes what went in and what came out.
func TestStorageCopies(t *testing.T) {
	inStorage(t, 0, func(s *actors.Storage) {
		in := []byte("in")
		if err := s.Put("a", in); err != nil {
			t.Error(err)
		}
		in[0] = 'X'
		v, _ := s.Get("a")
		v[0] = 'X'
		several, err := s.GetAll("a")
		if err != nil {
			t.Error(err)
		}
		several["a"][0] = 'X'
		items, err := s.List(actors.ListOptions{})
		if err != nil {
			t.Error(err)
		}
		items[0].Value[0] = 'X'
		wants(t, s, map[string]string{"a": "in"})
	})
}

func TestGetAll(t *testing.T) {
	inStorage(t, 0, func(s *actors.Storage) {
		if err := s.PutAll(map[string][]byte{"a": []byte("1"), "b": nil}); err != nil {
			t.Error(err)
		}
		got, err := s.GetAll("a", "b", "c", "a", "")
		if err != nil || len(got) != 2 || string(got["a"]) != "1" {
			t.Errorf("%q, %v", got, err)
		}
		if v, there := got["b"]; !there || len(v) != 0 {
			t.Errorf("the empty value is %q, %v", v, there)
		}
		if got, err := s.GetAll(); err != nil || got == nil || len(got) != 0 {
			t.Errorf("of no keys: %q, %v", got, err)
		}
	})
}

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

func TestStorageJSON(t *testing.T) {
	type thing struct{ A, B int }
	inStorage(t, 0, func(s *actors.Storage) {
		var got thing
		if ok, err := s.GetJSON("a", &got); ok || err != nil {
			t.Errorf("of nothing: %v, %v", ok, err)
		}
		if err := s.PutJSON("a", thing{1, 2}); err != nil {
			t.Error(err)
		}
		if ok, err := s.GetJSON("a", &got); !ok || err != nil || got != (thing{1, 2}) {
			t.Errorf("%+v, %v, %v", got, ok, err)
		}
		if err := s.PutJSON("b", make(chan int)); err == nil {
			t.Error("a channel was stored")
		}
		if err := s.Put("b", []byte("{")); err != nil {
			t.Error(err)
		}
		var syntax *json.SyntaxError
		if ok, err := s.GetJSON("b", &got); !ok || !errors.As(err, &syntax) {
			t.Errorf("of what is no JSON: %v, %v", ok, err)
		}
		if err := s.PutJSON("c", strings.Repeat("x", actors.MaxStorageValue)); !errors.Is(err, actors.ErrStorageValue) {
			t.Errorf("too long: %v", err)
		}
	})
}
