package main

import (
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

func TestNames(t *testing.T) {
	objectID := persistence.NewObjectID(kindName)
	for _, c := range []struct{ id, name string }{
		{"test1", "test1"},
		{"A-Z.a_z:0@9~", "A-Z.a_z:0@9~"},
		{strings.Repeat("a", maxPlain), strings.Repeat("a", maxPlain)},
		{strings.Repeat("a", maxPlain+1), "~" + strings.Repeat("YWFh", 21) + "YQ"},
		{"~test1", "~fnRlc3Qx"},
		{"~", "~fg"},
		{" ", "~IA"},
		{"täglich", "~dMOkZ2xpY2g"},
		{"a/b", "~YS9i"},
		{objectID, encodedMark + encoding.EncodeToString([]byte(objectID))},
	} {
		if got := nameOf(c.id); got != c.name {
			t.Errorf("%q is named %q, want %q", c.id, got, c.name)
		}
		if id, ok := decode(c.name); id != c.id || !ok || isHashed(c.name) {
			t.Errorf("%q tells %q, %v", c.name, id, ok)
		}
	}
	for _, size := range []int{maxEncoded + 1, maxID} {
		name := nameOf(strings.Repeat("ä", size/2))
		if id, ok := decode(name); ok || !isHashed(name) {
			t.Errorf("%q, of %d bytes, tells %q", name, size, id)
		}
	}
}

// TestNoStreamsNames wants rooms that belong to no stream to have no id: they
// can be reached by Parlor's own routes.
func TestNoStreamsNames(t *testing.T) {
	for _, name := range []string{
		"", "~", "~dGVzdDE", "~IB", "~IA==", "~+", "~~", "~~IA", strings.Repeat("a", maxPlain+1), strings.Repeat("a", 128),
		persistence.NewObjectID(kindName),
	} {
		if id, ok := decode(name); ok {
			t.Errorf("%q tells %q", name, id)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("test1", "~test1")
	f.Add("a/b", "a b")
	f.Add(strings.Repeat("x", maxEncoded), strings.Repeat("x", maxEncoded+1))
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) == 0 || len(a) > maxID || len(b) > maxID {
			return
		}
		name := nameOf(a)
		if _, err := actors.ParseRoom(name); err != nil {
			t.Fatalf("%q is named %q: %v", a, name, err)
		}
		if len(name) == 64 && persistence.CheckObjectID(kindName, name) == nil {
			t.Fatalf("%q is named by an object id", a)
		}
		if a != b && nameOf(b) == name {
			t.Fatalf("%q and %q are both named %q", a, b, name)
		}
		if id, ok := decode(name); ok == isHashed(name) || ok && id != a {
			t.Fatalf("%q is named %q, which tells %q, %v", a, name, id, ok)
		}
	})
}
