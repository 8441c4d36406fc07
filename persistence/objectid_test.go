package persistence_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// knownIDs are object ids that the worker of the default kind gave to rooms of
// these names when it was run.
var knownIDs = map[string]string{
	"global":  "e3c8143f3ac0faae572caf73bd48521e452d4c0b058e355fdf2f60292e7668bb",
	"my-room": "d7ac1555b1cdc99482b4436068b4c3bb29edfc775ed382dd547dc365f02ca576",
	"g1":      "66ed1c544a7535fbc2f1d34278262735f924e571c9714ef090356fd69c42bf49",
	"raw":     "6050a64542f2743c21a205e3e8b297844055dffc30e97afcf09782d6d35e9293",
}

func TestObjectID(t *testing.T) {
	seen := make(map[string]persistence.RoomKey)
	for name, want := range knownIDs {
		for _, kind := range []string{persistence.DefaultKind, "other", "sse-worker-SseDurableObject"} {
			key := persistence.RoomKey{Kind: kind, Name: name}
			id := key.ObjectID()
			if kind == persistence.DefaultKind && id != want {
				t.Errorf("%v has the id %s, want %s", key, id, want)
			}
			if other, ok := seen[id]; ok {
				t.Errorf("%v and %v have the id %s", key, other, id)
			}
			seen[id] = key
			if err := persistence.CheckObjectID(kind, id); err != nil {
				t.Errorf("id of %v: %v", key, err)
			}
			if err := persistence.CheckObjectID(kind+"s", id); !errors.Is(err, persistence.ErrIDForged) {
				t.Errorf("id of %v in another kind: %v, want ErrIDForged", key, err)
			}
			// Who is named by an id has that id.
			if again := (persistence.RoomKey{Kind: kind, Name: id}).ObjectID(); again != id {
				t.Errorf("the room named %s has the id %s", id, again)
			}
		}
	}
}

func TestNewObjectID(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		id := persistence.NewObjectID("kind")
		if err := persistence.CheckObjectID("kind", id); err != nil || seen[id] {
			t.Fatalf("id %s: %v, given before: %v", id, err, seen[id])
		}
		seen[id] = true
	}
}

func TestCheckObjectID(t *testing.T) {
	id := knownIDs["global"]
	for name, test := range map[string]struct {
		id   string
		want error
	}{
		"it":               {id, nil},
		"nothing":          {"", persistence.ErrIDForm},
		"a name":           {"global", persistence.ErrIDForm},
		"one digit less":   {id[1:], persistence.ErrIDForm},
		"one digit more":   {id + "0", persistence.ErrIDForm},
		"a letter":         {id[:63] + "g", persistence.ErrIDForm},
		"a capital digit":  {strings.ToUpper(id), persistence.ErrIDForm},
		"one capital":      {"E" + id[1:], persistence.ErrIDForm},
		"a wide character": {id[:62] + "\u00e9", persistence.ErrIDForm},
		"another base":     {"0" + id[1:], persistence.ErrIDForged},
		"another proof":    {id[:63] + "0", persistence.ErrIDForged},
		"zeros":            {strings.Repeat("0", 64), persistence.ErrIDForged},
	} {
		if err := persistence.CheckObjectID(persistence.DefaultKind, test.id); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func FuzzObjectID(f *testing.F) {
	for name, id := range knownIDs {
		f.Add(persistence.DefaultKind, name)
		f.Add("other", id)
	}
	f.Fuzz(func(t *testing.T, kind, name string) {
		id := persistence.RoomKey{Kind: kind, Name: name}.ObjectID()
		if err := persistence.CheckObjectID(kind, id); err != nil {
			t.Fatalf("room %q of kind %q has the id %q: %v", name, kind, id, err)
		}
		if isID := persistence.CheckObjectID(kind, name) == nil; isID != (id == name) {
			t.Fatalf("name %q of kind %q counts as an id: %v, and its id is %q", name, kind, isID, id)
		}
	})
}
