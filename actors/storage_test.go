package actors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
func wants(t testing.TB, s *actors.Storage, want map[string]string) {
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
