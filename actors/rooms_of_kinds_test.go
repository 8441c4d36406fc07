package actors_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestRoomsOfSeveralKinds has rooms of one name in two kinds: they have nothing
// in common, and are listed both, on whatever pages.
func TestRoomsOfSeveralKinds(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	var want []string
	for n := range 5 {
		name := fmt.Sprint("r", n)
		want = append(want, actors.DefaultKind+"/"+name, testKind+"/"+name)
		b.publish(name, n)
		s.do(b, name, func(c *actors.Context) error { return c.Storage().Put("x", nil) })
		if h, err := b.History(ctx(t), test(name)); err != nil || len(h) != 0 {
			t.Errorf("history %v, %v", h, err)
		}
		if key(name).ObjectID() == test(name).ObjectID() {
			t.Errorf("both rooms %s have one object id", name)
		}
	}
	for size := 1; size <= len(want)+1; size++ {
		var got []string
		for after := ""; ; {
			page, next := b.Rooms(after, size)
			for _, r := range page {
				got = append(got, r.Kind+"/"+r.Room)
			}
			if next == "" {
				break
			}
			after = next
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("in pages of %d: %v, want %v", size, got, want)
		}
	}
}
