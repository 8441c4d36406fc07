package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// fill makes a store with rooms of so many messages, closed cleanly.
func fill(t *testing.T, rooms map[string]int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	store, err := pebblestore.Open(dir, pebblestore.Config{History: 3, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range rooms {
		lineage := persistence.Lineage(nil).Begin(7, 1)
		for seq := 1; seq <= n; seq++ {
			err := store.Commit([]persistence.Write{{
				Room:    persistence.RoomKey{Kind: "room", Name: name},
				Lineage: lineage,
				Record: persistence.Record{
					Position: persistence.Position{Epoch: 7, Seq: uint64(seq)},
					Time:     1767366245000, Event: "broadcast", Data: fmt.Appendf(nil, `{"n":%d}`, seq),
				},
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestInspectStore(t *testing.T) {
	dir := fill(t, map[string]int{"a": 2, "b": 5})
	got := parlor(t, []string{"inspect", dir})
	for _, want := range []string{"directory  " + dir, "format     2\n", "ended      cleanly\n", "rooms      2\n", "messages   5, 35 bytes\n", "damaged    0\n"} {
		if got.code != cli.ExitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("got %+v, want %q", got, want)
		}
	}
	got = parlor(t, []string{"inspect", dir, "--rooms"})
	if want := "room\ta\t7-2\t2\t14\tok\nroom\tb\t7-5\t3\t21\tok\n"; got.code != cli.ExitOK || !strings.HasPrefix(got.stdout, want) {
		t.Errorf("got %+v", got)
	}
	got = parlor(t, []string{"inspect", dir, "--room", "b"})
	if got.code != cli.ExitOK || !strings.Contains(got.stdout, "newest     7-5\nepochs     7\n") ||
		!strings.HasSuffix(got.stdout, "messages   3\n7-3  2026-01-02T15:04:05.000Z  broadcast  {\"n\":3}\n"+
			"7-4  2026-01-02T15:04:05.000Z  broadcast  {\"n\":4}\n7-5  2026-01-02T15:04:05.000Z  broadcast  {\"n\":5}\n") {
		t.Errorf("got %+v", got)
	}
	got = parlor(t, []string{"inspect", dir, "--room", "a", "--json"})
	if got.code != cli.ExitOK || !strings.Contains(got.stdout, `{"id":"7-2","time":"2026-01-02T15:04:05.000Z","event":"broadcast","data":{"n":2}}]}`) {
		t.Errorf("got %+v", got)
	}
}

// TestInspectJSON wants a line for each room, by which two stores can be
// compared, and one for the store.
func TestInspectJSON(t *testing.T) {
	dir := fill(t, map[string]int{"a": 2, "b": 5})
	change(t, dir,
		persistence.Write{
			Room: persistence.RoomKey{Kind: "room", Name: "b"}, Lineage: persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 6}},
			Record: persistence.Record{Position: persistence.Position{Epoch: 9, Seq: 6}, Event: "e", Data: []byte("{}")},
			Key:    &persistence.KeyEntry{Slot: 1 << 16, At: persistence.Position{Epoch: 9, Seq: 6}},
			Fence:  &persistence.Fence{Promised: 9, Holder: 1<<64 - 1, Ring: 4, Accepted: 8, AcceptedRing: 3, Birth: 7},
		},
		persistence.Write{Room: persistence.RoomKey{Kind: "room", Name: "c"}, Fence: &persistence.Fence{Promised: 5}},
	)
	digest := func(id, text string) string {
		return fmt.Sprintf(`{"id":%q,"sha256":"%x"}`, id, sha256.Sum256([]byte(text)))
	}
	want := []string{
		`{"kind":"room","room":"a","id":"7-2","messages":2,"bytes":14,"damaged":false,"lineage":[{"epoch":7,"first":1}],"history":[` +
			digest("7-1", `broadcast{"n":1}`) + "," + digest("7-2", `broadcast{"n":2}`) + `],"idempotencyKeys":0,"fence":null}`,
		`{"kind":"room","room":"b","id":"9-6","messages":3,"bytes":16,"damaged":false,"lineage":[{"epoch":7,"first":1},{"epoch":9,"first":6}],"history":[` +
			digest("7-4", `broadcast{"n":4}`) + "," + digest("7-5", `broadcast{"n":5}`) + "," + digest("9-6", "e{}") + `],"idempotencyKeys":1,` +
			`"fence":{"promised":9,"holder":18446744073709551615,"ring":4,"accepted":8,"acceptedRing":3,"birth":7}}`,
		`{"kind":"room","room":"c","id":"0-0","messages":0,"bytes":0,"damaged":false,"lineage":[],"history":[],"idempotencyKeys":0,` +
			`"fence":{"promised":5,"holder":0,"ring":0,"accepted":0,"acceptedRing":0,"birth":0}}`,
	}
	for _, args := range [][]string{{"inspect", dir, "--json"}, {"inspect", "--json", "--rooms", dir}} {
		got := parlor(t, args)
		lines := strings.Split(got.stdout, "\n")
		if got.code != cli.ExitOK || len(lines) != 5 || !slices.Equal(lines[:3], want) ||
			!strings.Contains(lines[3], `"clean":true,"rooms":3,"messages":5,"bytes":30,"damaged":0}`) || lines[4] != "" {
			t.Errorf("%q: got %+v\nwant %s", args, got, strings.Join(want, "\n"))
		}
	}
}

// change commits more to a store.
func change(t *testing.T, dir string, writes ...persistence.Write) {
	t.Helper()
	store, err := pebblestore.Open(dir, pebblestore.Config{History: 3, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.Commit(writes), store.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestInspectFence(t *testing.T) {
	dir := fill(t, map[string]int{"a": 2})
	got := parlor(t, []string{"inspect", dir, "--room", "a"})
	if got.code != cli.ExitOK || !strings.Contains(got.stdout, "\nfence      none\n") {
		t.Errorf("got %+v", got)
	}
	fence := &persistence.Fence{Promised: 9, Holder: 77, Ring: 4, Accepted: 8, AcceptedRing: 3, Birth: 7}
	change(t, dir,
		persistence.Write{Room: persistence.RoomKey{Kind: "room", Name: "a"}, Fence: fence},
		persistence.Write{Room: persistence.RoomKey{Kind: "room", Name: "bare"}, Fence: fence},
	)
	for _, name := range []string{"a", "bare"} {
		got := parlor(t, []string{"inspect", dir, "--room", name})
		if want := "\nfence      promised 9 under ring 4 to 77, accepted 8 under ring 3, born 7\n"; got.code != cli.ExitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("got %+v, want %q", got, want)
		}
		got = parlor(t, []string{"inspect", dir, "--room", name, "--json"})
		if want := `"fence":{"promised":9,"holder":77,"ring":4,"accepted":8,"acceptedRing":3,"birth":7}`; got.code != cli.ExitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("got %+v, want %q", got, want)
		}
	}
	got = parlor(t, []string{"inspect", dir, "--rooms"})
	if want := "room\ta\t7-2\t2\t14\tok\nroom\tbare\t0-0\t0\t0\tok\n"; got.code != cli.ExitOK || !strings.HasPrefix(got.stdout, want) {
		t.Errorf("got %+v", got)
	}
}

func TestInspectFails(t *testing.T) {
	dir := fill(t, map[string]int{"a": 1})
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{dir, "--room", "b"}, cli.ExitFailure, "there is no room room/b"},
		{[]string{dir, "--room", "a", "--kind", "other"}, cli.ExitFailure, "there is no room other/a"},
		{[]string{dir, "--room", "a", "--kind", ""}, cli.ExitUsage, "room: "},
		{[]string{t.TempDir()}, cli.ExitFailure, "no store there"},
	} {
		got := parlor(t, append([]string{"inspect"}, tc.args...))
		if got.code != tc.code || got.stdout != "" || !strings.Contains(got.stderr, tc.want) {
			t.Errorf("%q: %+v", tc.args, got)
		}
	}
	store, err := pebblestore.Open(dir, pebblestore.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if got := parlor(t, []string{"inspect", dir}); got.code != cli.ExitFailure || !strings.Contains(got.stderr, "locked") {
		t.Errorf("a store in use: %+v", got)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// scripted is an inspection of rooms that are given, or of their errors.
type scripted struct {
	rooms map[string]any // *persistence.State or error
}

func (s scripted) Life() persistence.Life { return persistence.Life{Epoch: 9, Past: []uint64{3, 5}} }
func (s scripted) Format() int            { return 1 }
func (s scripted) Clean() bool            { return false }

func (s scripted) Load(key persistence.RoomKey) (*persistence.State, error) {
	switch room := s.rooms[key.Name].(type) {
	case *persistence.State:
		return room, nil
	case error:
		return nil, room
	}
	return &persistence.State{}, nil
}

func (s scripted) Rooms(_ persistence.RoomKey, yield func(persistence.RoomKey, persistence.Position) bool) error {
	var names []string
	for name := range s.rooms {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !yield(persistence.RoomKey{Kind: "room", Name: name}, persistence.Position{}) {
			return nil
		}
	}
	return nil
}

func TestInspectDamage(t *testing.T) {
	at := func(seq uint64) persistence.Record {
		return persistence.Record{Position: persistence.Position{Epoch: 7, Seq: seq}, Data: []byte("{}")}
	}
	last := persistence.Position{Epoch: 7, Seq: 2}
	lineage := persistence.Lineage{{Epoch: 7, First: 1}}
	store := scripted{map[string]any{
		"corrupt": fmt.Errorf("meta: %w", persistence.ErrCorrupt),
		"empty":   &persistence.State{Lineage: lineage, Last: last},
		"short":   &persistence.State{Lineage: lineage, Last: last, History: []persistence.Record{at(1)}},
		"partly":  &persistence.State{Lineage: lineage, Last: last, History: []persistence.Record{at(2)}, Damaged: true},
		"whole":   &persistence.State{Lineage: lineage, Last: last, History: []persistence.Record{at(1), at(2)}},
	}}
	var out bytes.Buffer
	err := inspect(t.Context(), store, inspectOptions{rooms: true}, &out, newProgress(nil))
	if !errors.Is(err, errDamaged) {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{
		"room\tcorrupt\t0-0\t0\t0\tdamaged\n", "room\tempty\t0-0\t0\t0\tdamaged\n", "room\tshort\t0-0\t1\t2\tdamaged\n",
		"room\tpartly\t0-0\t1\t2\tdamaged\n", "room\twhole\t0-0\t2\t4\tok\n", "life       9, after 2 others\n", "not cleanly", "rooms      5\n", "damaged    4\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed %q, want %q", out.String(), want)
		}
	}
	short := inspectOptions{room: persistence.RoomKey{Kind: "room", Name: "short"}}
	if err := inspect(t.Context(), store, short, &out, newProgress(nil)); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("one damaged room: %v", err)
	}

	broken := errors.New("disk on fire")
	store.rooms["broken"] = broken
	if err := inspect(t.Context(), store, inspectOptions{}, &out, newProgress(nil)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := inspect(ctx, store, inspectOptions{}, &out, newProgress(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
