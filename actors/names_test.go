package actors_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestObjectID uses ids that the original runtime gives to these names.
func TestObjectID(t *testing.T) {
	for name, want := range map[string]string{
		"global":  "e3c8143f3ac0faae572caf73bd48521e452d4c0b058e355fdf2f60292e7668bb",
		"my-room": "d7ac1555b1cdc99482b4436068b4c3bb29edfc775ed382dd547dc365f02ca576",
		"g1":      "66ed1c544a7535fbc2f1d34278262735f924e571c9714ef090356fd69c42bf49",
		"raw":     "6050a64542f2743c21a205e3e8b297844055dffc30e97afcf09782d6d35e9293",
	} {
		room, err := actors.ParseRoom(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := room.ObjectID(); got != want {
			t.Errorf("ObjectID(%s) = %s, want %s", name, got, want)
		}
	}
}

func TestParseRoom(t *testing.T) {
	for _, ok := range []string{"a", "global", "user:42@example.org", "A.b_c~d-e", strings.Repeat("x", actors.MaxNameLen)} {
		if _, err := actors.ParseRoom(ok); err != nil {
			t.Errorf("ParseRoom(%q): %v", ok, err)
		}
	}
	for _, bad := range []string{"", " ", "a b", "a/b", "../x", "é", "a\n", "a\x00", "a,b", "a=b", "%41", strings.Repeat("x", actors.MaxNameLen+1)} {
		if _, err := actors.ParseRoom(bad); !errors.Is(err, actors.ErrBadRoom) {
			t.Errorf("ParseRoom(%q): %v, want ErrBadRoom", bad, err)
		}
	}
}
