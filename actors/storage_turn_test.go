package actors_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestStorageAfterTheTurn keeps a storage and a context beyond their call.
func TestStorageAfterTheTurn(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(struct {
		*script
		alarmer
	}{&s, func(*actors.Context, actors.AlarmInfo) error { return nil }})))
	var kept *actors.Context
	var st *actors.Storage
	s.do(b, "a", func(c *actors.Context) error {
		kept, st = c, c.Storage()
		return errors.Join(st.Put("a", []byte("1")), st.SetAlarm(time.Now().Add(time.Hour)))
	})
	uses := map[string]func() error{
		"Put":         func() error { return st.Put("a", []byte("2")) },
		"PutAll":      func() error { return st.PutAll(nil) },
		"PutJSON":     func() error { return st.PutJSON("a", 2) },
		"GetAll":      func() error { _, err := st.GetAll("a"); return err },
		"Delete":      func() error { _, err := st.Delete("a"); return err },
		"DeleteAll":   st.DeleteAll,
		"List":        func() error { _, err := st.List(actors.ListOptions{}); return err },
		"Transaction": func() error { return st.Transaction(func(*actors.Storage) error { return nil }) },
		"SetAlarm":    func() error { return st.SetAlarm(time.Now()) },
		"DeleteAlarm": st.DeleteAlarm,
		"Broadcast":   func() error { return kept.Broadcast("", 1) },
		"Send":        func() error { return kept.Send("x", 1) },
		"SendTo":      func() error { return kept.SendTo("c", "x", 1) },
		"Kick":        func() error { return kept.Kick("c") },
		"fresh Put":   func() error { return kept.Storage().Put("a", nil) },
		"Fetch":       func() error { return kept.Room(testKind, "b").Fetch(get("/"), nil) },
	}
	for name, use := range uses {
		if err := use(); !errors.Is(err, actors.ErrTurnOver) {
			t.Errorf("%s after the call: %v", name, err)
		}
	}
	if v, ok := st.Get("a"); ok {
		t.Errorf("Get after the call: %q", v)
	}
	if at, ok := st.GetAlarm(); ok {
		t.Errorf("GetAlarm after the call: %v", at)
	}
	if who := kept.Subscribers(); who != nil {
		t.Errorf("Subscribers after the call: %v", who)
	}
	if kept.Name() != "a" || kept.Kind() != testKind || kept.ID() != test("a").ObjectID() {
		t.Errorf("the context is of %s %s %s", kept.Kind(), kept.Name(), kept.ID())
	}
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), map[string]string{"a": "1"})
		return nil
	})
}

// transactions are done on a storage that holds a=1 and b=2.
var transactions = []struct {
	name string
	do   func(*actors.Storage) error
	want map[string]string
}{
	{"done", func(s *actors.Storage) error {
		return s.Transaction(func(tx *actors.Storage) error { return errors.Join(tx.Put("a", []byte("x")), deleted(tx, 1, "b")) })
	}, map[string]string{"a": "x"}},
	{"taken back", func(s *actors.Storage) error {
		return undone(s, func(tx *actors.Storage) error {
			return errors.Join(tx.Put("a", []byte("x")), tx.Put("c", []byte("y")), deleted(tx, 1, "b"))
		})
	}, map[string]string{"a": "1", "b": "2"}},
	{"taken back, with all deleted", func(s *actors.Storage) error {
		return undone(s, func(tx *actors.Storage) error { return errors.Join(tx.DeleteAll(), tx.Put("c", nil)) })
	}, map[string]string{"a": "1", "b": "2"}},
	{"what was before it stays", func(s *actors.Storage) error {
		return errors.Join(s.Put("c", []byte("3")), deleted(s, 1, "a"), undone(s, func(tx *actors.Storage) error {
			return errors.Join(tx.Put("a", []byte("x")), deleted(tx, 1, "c"))
		}))
	}, map[string]string{"b": "2", "c": "3"}},
	{"what comes after it counts", func(s *actors.Storage) error {
		return errors.Join(undone(s, func(tx *actors.Storage) error { return tx.DeleteAll() }), s.Put("b", []byte("x")), deleted(s, 1, "a"))
	}, map[string]string{"b": "x"}},
	{"through the outer storage", func(s *actors.Storage) error {
		return undone(s, func(*actors.Storage) error { return s.Put("a", []byte("x")) })
	}, map[string]string{"a": "1", "b": "2"}},
	{"inner one taken back", func(s *actors.Storage) error {
		return s.Transaction(func(tx *actors.Storage) error {
			return errors.Join(tx.Put("a", []byte("x")), undone(tx, func(in *actors.Storage) error {
				return errors.Join(in.Put("a", []byte("y")), in.Put("c", []byte("y")))
			}), tx.Put("d", []byte("z")))
		})
	}, map[string]string{"a": "x", "b": "2", "d": "z"}},
	{"outer one taken back", func(s *actors.Storage) error {
		return undone(s, func(tx *actors.Storage) error {
			return tx.Transaction(func(in *actors.Storage) error { return in.Put("a", []byte("y")) })
		})
	}, map[string]string{"a": "1", "b": "2"}},
	{"one after the other", func(s *actors.Storage) error {
		return errors.Join(
			undone(s, func(tx *actors.Storage) error { return tx.Put("a", []byte("x")) }),
			s.Transaction(func(tx *actors.Storage) error { return tx.Put("b", []byte("y")) }),
			undone(s, func(tx *actors.Storage) error { return deleted(tx, 2, "a", "b") }))
	}, map[string]string{"a": "1", "b": "y"}},
	{"only read", func(s *actors.Storage) error {
		return s.Transaction(func(tx *actors.Storage) error { _, err := tx.List(actors.ListOptions{}); return err })
	}, map[string]string{"a": "1", "b": "2"}},
}

// undone is a transaction that fails, and wants to hear its error.
func undone(s *actors.Storage, f func(*actors.Storage) error) error {
	failed := errors.New("taken back")
	var within error
	if err := s.Transaction(func(tx *actors.Storage) error { within = f(tx); return failed }); err != failed {
		return fmt.Errorf("transaction returns %w", err)
	}
	return within
}

func TestTransaction(t *testing.T) {
	for _, tt := range transactions {
		t.Run(tt.name, func(t *testing.T) {
			var s script
			b := open(t, memory(t, 10), all(with(kind(&s)), idle(5*time.Millisecond)))
			s.do(b, "a", func(c *actors.Context) error {
				return c.Storage().PutAll(map[string][]byte{"a": []byte("1"), "b": []byte("2")})
			})
			s.do(b, "a", func(c *actors.Context) error {
				if err := tt.do(c.Storage()); err != nil {
					t.Error(err)
				}
				wants(t, c.Storage(), tt.want)
				return nil
			})
			b.sleeps() // what is on disk is what was seen
			s.do(b, "a", func(c *actors.Context) error { wants(t, c.Storage(), tt.want); return nil })
		})
	}
}

// TestTransactionAndAlarm takes back an alarm that was set, moved or deleted.
func TestTransactionAndAlarm(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(struct {
		*script
		alarmer
	}{&s, func(*actors.Context, actors.AlarmInfo) error { return nil }})))
	at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	check := func(st *actors.Storage, want bool) {
		t.Helper()
		if got, ok := st.GetAlarm(); ok != want || ok && !got.Equal(at) {
			t.Errorf("the alarm is set for %v, %v; want %v, %v", got, ok, at, want)
		}
	}
	s.do(b, "a", func(c *actors.Context) error {
		st := c.Storage()
		later := func(tx *actors.Storage) error { return tx.SetAlarm(at.Add(time.Hour)) }
		err := undone(st, later)
		check(st, false)
		err = errors.Join(err, st.SetAlarm(at), undone(st, later))
		check(st, true)
		err = errors.Join(err, undone(st, (*actors.Storage).DeleteAlarm))
		check(st, true)
		err = errors.Join(err, undone(st, (*actors.Storage).DeleteAll))
		check(st, true)
		return err
	})
	s.do(b, "a", func(c *actors.Context) error { check(c.Storage(), true); return nil })
	if info, err := b.Info(ctx(t), test("a")); err != nil || info.Alarm != actors.Timestamp(at) {
		t.Errorf("info %+v, %v, want alarm %s", info, err, actors.Timestamp(at))
	}
}

// TestTurnSize changes as much in one call as a commit takes, and one byte more:
// that is refused, all of it, and the rest is committed.
func TestTurnSize(t *testing.T) {
	var s script
	k := kind(&s)
	k.Storage = actors.MaxStorage
	store := memory(t, 10)
	b := open(t, store, with(k))
	value := bytes.Repeat([]byte("v"), actors.MaxStorageValue)
	s.do(b, "a", func(c *actors.Context) error {
		st := c.Storage()
		n := 0
		for ; ; n++ {
			err := st.Put(fmt.Sprintf("k%03d", n), value)
			if errors.Is(err, actors.ErrTurnSize) {
				break
			}
			if err != nil {
				return err
			}
		}
		if most := persistence.MaxChangeBytes / len(value); n > most || n < most*9/10 {
			t.Errorf("%d values fit, of %d", n, most)
		}
		if err := st.Put("small", []byte("x")); err != nil {
			t.Errorf("what still fits: %v", err)
		}
		before, _ := st.List(actors.ListOptions{})
		if err := st.PutAll(map[string][]byte{"x": value, "y": []byte("1"), "z": value}); !errors.Is(err, actors.ErrTurnSize) {
			t.Errorf("too many at once: %v", err)
		}
		if after, _ := st.List(actors.ListOptions{}); !slices.EqualFunc(before, after, sameItem) {
			t.Errorf("the refused PutAll left %d items of %d", len(after), len(before))
		}
		return nil
	})
	state, err := store.Load(test("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := state.Storage.Get("usmall"); !ok {
		t.Error("the call was not committed")
	}
}

// TestTurnSizeOfDeletes deletes and puts in one call what a commit does not take
// together. The call is told, and nobody is told that the room is unavailable.
func TestTurnSizeOfDeletes(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	key := func(i int) string { return fmt.Sprintf("%06d", i) + strings.Repeat("k", actors.MaxStorageKey-6) }
	const keys = 2000
	s.do(b, "a", func(c *actors.Context) error {
		for i := range keys {
			if err := c.Storage().Put(key(i), nil); err != nil {
				return err
			}
		}
		return nil
	})
	err := s.turn(b, "a", func(c *actors.Context) error {
		st := c.Storage()
		for i := range keys {
			if err := deleted(st, 1, key(i)); err != nil {
				return err
			}
		}
		for i := range 250 {
			if err := st.Put(fmt.Sprint(i), make([]byte, actors.MaxStorageValue)); err != nil {
				if !errors.Is(err, actors.ErrTurnSize) {
					t.Errorf("put %d: %v", i, err)
				}
				return nil
			}
		}
		t.Error("all was taken")
		return nil
	})
	if err != nil {
		t.Errorf("the call: %v", err)
	}
}
