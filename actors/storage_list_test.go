package actors_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// listed returns the keys of what List returns, in its order.
func listed(s *actors.Storage, o actors.ListOptions) ([]string, error) {
	items, err := s.List(o)
	var keys []string
	for _, it := range items {
		if string(it.Value) != "of "+it.Key {
			return nil, fmt.Errorf("under %q is %q", it.Key, it.Value)
		}
		keys = append(keys, it.Key)
	}
	return keys, err
}

// putKeys stores a value that says so under each key.
func putKeys(s *actors.Storage, keys []string) error {
	for _, key := range keys {
		if err := s.Put(key, []byte("of "+key)); err != nil {
			return err
		}
	}
	return nil
}

func TestList(t *testing.T) {
	keys := []string{"a", "a\x00", "a\x00b", "aa", "ab", "b", "b\xff", "b\xffz", "b\xff\xff", "c", "\xff", "\xff\xff", "\xff\xffa"}
	tests := []struct {
		name string
		o    actors.ListOptions
		want string // keys, quoted
	}{
		{"all", actors.ListOptions{}, `["a" "a\x00" "a\x00b" "aa" "ab" "b" "b\xff" "b\xffz" "b\xff\xff" "c" "\xff" "\xff\xff" "\xff\xffa"]`},
		{"start", actors.ListOptions{Start: "b\xff"}, `["b\xff" "b\xffz" "b\xff\xff" "c" "\xff" "\xff\xff" "\xff\xffa"]`},
		{"start between", actors.ListOptions{Start: "ac"}, `["b" "b\xff" "b\xffz" "b\xff\xff" "c" "\xff" "\xff\xff" "\xff\xffa"]`},
		{"start after", actors.ListOptions{StartAfter: "a", End: "b"}, `["a\x00" "a\x00b" "aa" "ab"]`},
		{"start after the last", actors.ListOptions{StartAfter: "\xff\xffa"}, `[]`},
		{"end", actors.ListOptions{End: "aa"}, `["a" "a\x00" "a\x00b"]`},
		{"end before all", actors.ListOptions{End: "\x00"}, `[]`},
		{"start and end", actors.ListOptions{Start: "aa", End: "c"}, `["aa" "ab" "b" "b\xff" "b\xffz" "b\xff\xff"]`},
		{"start is end", actors.ListOptions{Start: "aa", End: "aa"}, `[]`},
		{"end before start", actors.ListOptions{Start: "b", End: "a"}, `[]`},
		{"prefix", actors.ListOptions{Prefix: "a"}, `["a" "a\x00" "a\x00b" "aa" "ab"]`},
		{"prefix that is a key", actors.ListOptions{Prefix: "a\x00"}, `["a\x00" "a\x00b"]`},
		{"prefix that ends in ff", actors.ListOptions{Prefix: "b\xff"}, `["b\xff" "b\xffz" "b\xff\xff"]`},
		{"prefix of ff", actors.ListOptions{Prefix: "\xff"}, `["\xff" "\xff\xff" "\xff\xffa"]`},
		{"prefix of ffs", actors.ListOptions{Prefix: "\xff\xff"}, `["\xff\xff" "\xff\xffa"]`},
		{"prefix of none", actors.ListOptions{Prefix: "d"}, `[]`},
		{"prefix and start", actors.ListOptions{Prefix: "a", Start: "aa"}, `["aa" "ab"]`},
		{"prefix and start before", actors.ListOptions{Prefix: "b", Start: "a"}, `["b" "b\xff" "b\xffz" "b\xff\xff"]`},
		{"prefix and start after", actors.ListOptions{Prefix: "a", StartAfter: "aa"}, `["ab"]`},
		{"prefix and end", actors.ListOptions{Prefix: "a", End: "aa"}, `["a" "a\x00" "a\x00b"]`},
		{"prefix and end beyond", actors.ListOptions{Prefix: "a", End: "c"}, `["a" "a\x00" "a\x00b" "aa" "ab"]`},
		{"limit", actors.ListOptions{Limit: 2}, `["a" "a\x00"]`},
		{"limit above", actors.ListOptions{Prefix: "c", Limit: 2}, `["c"]`},
		{"negative limit", actors.ListOptions{Prefix: "c", Limit: -1}, `["c"]`},
		{"reverse", actors.ListOptions{Prefix: "a", Reverse: true}, `["ab" "aa" "a\x00b" "a\x00" "a"]`},
		{"reverse with limit", actors.ListOptions{Reverse: true, Limit: 3}, `["\xff\xffa" "\xff\xff" "\xff"]`},
		{"reverse of ffs", actors.ListOptions{Prefix: "\xff\xff", Reverse: true}, `["\xff\xffa" "\xff\xff"]`},
		{"reverse with bounds", actors.ListOptions{Start: "aa", End: "b\xff", Reverse: true, Limit: 2}, `["b" "ab"]`},
		{"reverse start after", actors.ListOptions{StartAfter: "aa", End: "b\xff", Reverse: true}, `["b" "ab"]`},
		{"reverse of none", actors.ListOptions{Start: "x", End: "y", Reverse: true}, `[]`},
	}
	inStorage(t, 0, func(s *actors.Storage) {
		if err := putKeys(s, keys); err != nil {
			t.Error(err)
		}
		for _, tt := range tests {
			if got, err := listed(s, tt.o); err != nil || fmt.Sprintf("%q", got) != tt.want {
				t.Errorf("%s: %q, %v, want %s", tt.name, got, err, tt.want)
			}
		}
		if _, err := s.List(actors.ListOptions{Start: "a", StartAfter: "a"}); !errors.Is(err, actors.ErrStorageKey) {
			t.Errorf("both starts: %v", err)
		}
	})
}

// selected returns of the keys, which are sorted, what List should.
func selected(keys []string, o actors.ListOptions) []string {
	var in []string
	for _, key := range keys {
		if strings.HasPrefix(key, o.Prefix) && key >= o.Start && (o.StartAfter == "" || key > o.StartAfter) &&
			(o.End == "" || key < o.End) {
			in = append(in, key)
		}
	}
	if o.Reverse {
		slices.Reverse(in)
	}
	if o.Limit > 0 && len(in) > o.Limit {
		in = in[:o.Limit]
	}
	return in
}

// TestListModel lists what a storage holds, in ways picked at random, while it
// changes.
func TestListModel(t *testing.T) {
	const letters = "\x00\x01ab\xfe\xff"
	rng := rand.New(rand.NewPCG(1, 7))
	word := func(least, most int) string {
		b := make([]byte, least+rng.IntN(most-least+1))
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		return string(b)
	}
	var model []string
	inStorage(t, 0, func(s *actors.Storage) {
		for range 3000 {
			key := word(1, 4)
			at, there := slices.BinarySearch(model, key)
			switch drop := rng.IntN(3) == 0; {
			case drop && there:
				model = slices.Delete(model, at, at+1)
				if err := deleted(s, 1, key); err != nil {
					t.Error(err)
				}
			case !drop && !there:
				model = slices.Insert(model, at, key)
				if err := putKeys(s, []string{key}); err != nil {
					t.Error(err)
				}
			}
			o := actors.ListOptions{End: word(0, 3), Prefix: word(0, 2), Reverse: rng.IntN(2) == 0, Limit: rng.IntN(6)}
			if rng.IntN(2) == 0 {
				o.Start = word(0, 3)
			} else {
				o.StartAfter = word(0, 3)
			}
			if got, err := listed(s, o); err != nil || !slices.Equal(got, selected(model, o)) {
				t.Errorf("List(%#v) of %q is %q, %v, want %q", o, model, got, err, selected(model, o))
				return
			}
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add("a,ab,b", "a", "", "", "a", false, 2)
	f.Add("\xff,\xff\xff,\xfe", "", "\xfe", "", "\xff\xff", true, 0)
	f.Add("b\xff,b\xffa,c", "", "", "c", "b\xff", false, -1)
	var s script
	b := open(f, memory(f, 10), with(kind(&s)))
	f.Fuzz(func(t *testing.T, text, start, startAfter, end, prefix string, reverse bool, limit int) {
		keys := slices.DeleteFunc(strings.Split(text, ","), func(key string) bool { return key == "" || len(key) > 100 })
		slices.Sort(keys)
		keys = slices.Compact(keys)
		if start != "" {
			startAfter = ""
		}
		o := actors.ListOptions{Start: start, StartAfter: startAfter, End: end, Prefix: prefix, Reverse: reverse, Limit: limit}
		here := *b
		here.t = t
		s.do(&here, "a", func(c *actors.Context) error {
			st := c.Storage()
			if err := errors.Join(st.DeleteAll(), putKeys(st, keys)); err != nil {
				return err
			}
			if got, err := listed(st, o); err != nil || !slices.Equal(got, selected(keys, o)) {
				t.Errorf("List(%#v) of %q is %q, %v, want %q", o, keys, got, err, selected(keys, o))
			}
			return nil
		})
	})
}
