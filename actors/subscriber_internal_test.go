package actors

import (
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// TestRosterItems writes who the behaviour was told of and reads it back.
func TestRosterItems(t *testing.T) {
	for _, want := range []listener{
		{ID: 1, Since: 1_700_000_000_123},
		{ID: 1 << 63, Client: "phone", Since: 1},
		{ID: 2, User: "anna", Since: 1_700_000_000_123},
		{ID: 3, Client: "phone", User: strings.Repeat("u", MaxUserLen), Since: 1_700_000_000_123},
	} {
		front, got, ok := listenerOf(rosterItemOf("n1", &want))
		if !ok || front != "n1" || *got != want {
			t.Errorf("wrote %+v and read %+v at %q, %v", want, got, front, ok)
		}
	}
}

// TestRosterItemsOfBefore reads what was stored when streams had no users, and
// what cannot have been stored.
func TestRosterItemsOfBefore(t *testing.T) {
	const key = rosterItem + "n1\x00" + "\x00\x00\x00\x00\x00\x00\x00\x05"
	front, got, ok := listenerOf(persistence.Item{Key: key, Value: []byte("\x00\x00\x01\x8b\xcf\xe5\x68\x7bphone")})
	if want := (listener{ID: 5, Client: "phone", Since: 1_700_000_000_123}); !ok || front != "n1" || *got != want {
		t.Errorf("read %+v at %q, %v", got, front, ok)
	}
	for _, value := range []string{"", "\x00\x00\x01", "\x80\x00\x01\x8b\xcf\xe5\x68\x7b", "\x80\x00\x01\x8b\xcf\xe5\x68\x7b\x05anna"} {
		if _, l, ok := listenerOf(persistence.Item{Key: key, Value: []byte(value)}); ok {
			t.Errorf("%q is %+v", value, l)
		}
	}
}

// TestOlderThan has streams of one user at several fronts.
func TestOlderThan(t *testing.T) {
	at := func(ls ...listener) map[uint64]*listener {
		m := map[uint64]*listener{}
		for _, l := range ls {
			m[l.ID] = &l
		}
		return m
	}
	for name, c := range map[string]struct {
		all   map[string]map[uint64]*listener
		front string
		id    uint64
		older map[string][]uint64
	}{
		"nobody":         {},
		"one":            {all: map[string]map[uint64]*listener{"a": at(listener{ID: 1})}, front: "a", id: 1},
		"by time":        {all: map[string]map[uint64]*listener{"a": at(listener{ID: 9, Since: 1}, listener{ID: 1, Since: 2})}, front: "a", id: 1, older: map[string][]uint64{"a": {9}}},
		"by id":          {all: map[string]map[uint64]*listener{"a": at(listener{ID: 1, Since: 1}, listener{ID: 2, Since: 1})}, front: "a", id: 2, older: map[string][]uint64{"a": {1}}},
		"by front":       {all: map[string]map[uint64]*listener{"a": at(listener{ID: 1}), "b": at(listener{ID: 1})}, front: "b", id: 1, older: map[string][]uint64{"a": {1}}},
		"at both fronts": {all: map[string]map[uint64]*listener{"a": at(listener{ID: 1}, listener{ID: 4}), "b": at(listener{ID: 2}, listener{ID: 3})}, front: "a", id: 4, older: map[string][]uint64{"a": {1}, "b": {2, 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			newest := newestOf(c.all)
			if newest.Node != c.front || newest.ID != c.id {
				t.Errorf("the newest is %+v", newest)
			}
			older := olderThan(newest, c.all)
			if len(older) != len(c.older) {
				t.Errorf("older are %v", older)
			}
			for front, ids := range older {
				slices.Sort(ids)
				if !slices.Equal(ids, c.older[front]) {
					t.Errorf("older at %s are %v", front, ids)
				}
			}
		})
	}
}

// TestSomePeople has more people than there is room for, by number and by size.
func TestSomePeople(t *testing.T) {
	fronts := map[string]map[uint64]*listener{"a": {}, "b": {}}
	for i := range uint64(50) {
		fronts["a"][i] = &listener{ID: i, Since: int64(50 - i)}
		fronts["b"][i] = &listener{ID: i, Since: int64(i), User: "user"}
	}
	for name, c := range map[string]struct {
		limit, text int
		want        int // at most
		all         bool
	}{
		"all":       {limit: 100, text: 1000, want: 100, all: true},
		"by number": {limit: 99, text: 1000, want: 99},
		"by size":   {limit: 100, text: 299, want: 99},
		"none":      {limit: 100, text: 0, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			people, all := somePeople(fronts, c.limit, c.text)
			text := 0
			for i := range people {
				text += len(people[i].Node) + len(people[i].User)
			}
			if len(people) > c.want || len(people) < c.want-4 || all != c.all || text > c.text {
				t.Errorf("%d people of %d bytes, all: %v", len(people), text, all)
			}
			if !slices.IsSortedFunc(people, comparePeople) {
				t.Errorf("out of order: %+v", people)
			}
		})
	}
}
