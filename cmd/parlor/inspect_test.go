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
			at := persistence.Position{Epoch: 7, Seq: uint64(seq)}
			err := store.Commit([]persistence.Write{{
				Room: persistence.RoomKey{Kind: "room", Name: name},
				Turn: &persistence.Turn{Records: []persistence.Record{{
					Position: at, Time: 1767366245000, Event: "broadcast", Data: fmt.Appendf(nil, `{"n":%d}`, seq),
				}}},
				Head: persistence.Head{Turn: at.Seq, Last: at, Lineage: lineage},
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
	for _, want := range []string{"directory  " + dir, "format     3\n", "ended      cleanly\n", "rooms      2\n", "messages   5, 35 bytes\n", "items      0, 0 bytes\n", "damaged    0\n"} {
		if got.code != cli.ExitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("got %+v, want %q", got, want)
		}
	}
	got = parlor(t, []string{"inspect", dir, "--rooms"})
	if want := "room\ta\t7-2\t2\t14\t0\t0\tok\nroom\tb\t7-5\t3\t21\t0\t0\tok\n"; got.code != cli.ExitOK || !strings.HasPrefix(got.stdout, want) {
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
	at := persistence.Position{Epoch: 9, Seq: 6}
	change(t, dir,
		persistence.Write{
			Room: persistence.RoomKey{Kind: "room", Name: "b"},
			Turn: &persistence.Turn{
				Records: []persistence.Record{{Position: at, Event: "e", Data: []byte("{}")}},
				Key:     &persistence.KeyEntry{Slot: 1 << 16, Turn: 6, At: at},
				Change:  &persistence.Change{Puts: []persistence.Item{{Key: "k", Value: []byte("secret")}}},
			},
			Head: persistence.Head{
				Turn: 6, Uneven: true, Last: at, Lineage: persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 6}}, Items: 1, Bytes: 7,
			},
			Fence: &persistence.Fence{Promised: 9, Holder: 1<<64 - 1, Ring: 4, Accepted: 8, AcceptedRing: 3, Birth: 7},
		},
		persistence.Write{Room: persistence.RoomKey{Kind: "room", Name: "c"}, Fence: &persistence.Fence{Promised: 5}},
	)
	stored := sha256.Sum256([]byte("\x00\x00\x00\x00\x00\x00\x00\x01k\x00\x00\x00\x00\x00\x00\x00\x06secret"))
	digest := func(id, text string) string {
		return fmt.Sprintf(`{"id":%q,"sha256":"%x"}`, id, sha256.Sum256([]byte(text)))
	}
	want := []string{
		`{"kind":"room","room":"a","id":"7-2","messages":2,"bytes":14,"turn":2,"alarm":null,"items":0,"itemBytes":0,"storageSha256":null,"damaged":false,"lineage":[{"epoch":7,"first":1}],"history":[` +
			digest("7-1", `broadcast{"n":1}`) + "," + digest("7-2", `broadcast{"n":2}`) + `],"idempotencyKeys":0,"fence":null}`,
		`{"kind":"room","room":"b","id":"9-6","messages":3,"bytes":16,"turn":6,"alarm":null,"items":1,"itemBytes":7,` +
			fmt.Sprintf(`"storageSha256":"%x"`, stored) + `,"damaged":false,"lineage":[{"epoch":7,"first":1},{"epoch":9,"first":6}],"history":[` +
			digest("7-4", `broadcast{"n":4}`) + "," + digest("7-5", `broadcast{"n":5}`) + "," + digest("9-6", "e{}") + `],"idempotencyKeys":1,` +
			`"fence":{"promised":9,"holder":18446744073709551615,"ring":4,"accepted":8,"acceptedRing":3,"birth":7}}`,
		`{"kind":"room","room":"c","id":"0-0","messages":0,"bytes":0,"turn":0,"alarm":null,"items":0,"itemBytes":0,"storageSha256":null,"damaged":false,"lineage":[],"history":[],"idempotencyKeys":0,` +
			`"fence":{"promised":5,"holder":0,"ring":0,"accepted":0,"acceptedRing":0,"birth":0}}`,
	}
	for _, args := range [][]string{{"inspect", dir, "--json"}, {"inspect", "--json", "--rooms", dir}} {
		got := parlor(t, args)
		lines := strings.Split(got.stdout, "\n")
		if got.code != cli.ExitOK || len(lines) != 5 || !slices.Equal(lines[:3], want) ||
			!strings.Contains(lines[3], `"clean":true,"rooms":3,"messages":5,"bytes":30,"items":1,"itemBytes":7,"damaged":0}`) || lines[4] != "" {
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
	if want := "room\ta\t7-2\t2\t14\t0\t0\tok\nroom\tbare\t0-0\t0\t0\t0\t0\tok\n"; got.code != cli.ExitOK || !strings.HasPrefix(got.stdout, want) {
		t.Errorf("got %+v", got)
	}
}

// TestInspectStored looks at a room that has no message, but items and an alarm:
// of its items no more is printed than is asked for, and their values never.
func TestInspectStored(t *testing.T) {
	dir := fill(t, nil)
	key := persistence.RoomKey{Kind: "room", Name: "a"}
	change(t, dir, persistence.Write{
		Room: key,
		Turn: &persistence.Turn{Change: &persistence.Change{
			Puts:  []persistence.Item{{Key: "a\n\x1b[2J", Value: []byte("secret")}, {Key: "b"}},
			Alarm: &persistence.Alarm{At: 1767366245000, Retry: 2},
		}},
		Head: persistence.Head{Turn: 1, Uneven: true, Alarm: persistence.Alarm{At: 1767366245000, Retry: 2}, Items: 2, Bytes: 13},
	})
	plain := "object id  " + key.ObjectID() + "\nnewest     0-0\nepochs     \nturns      1\n" +
		"alarm      2026-01-02T15:04:05.000Z, tried 2 times before\nkeys       0\nfence      none\nitems      2, 13 bytes\n"
	shared := `"turn":1,"alarm":{"at":"2026-01-02T15:04:05.000Z","retry":2},"items":2,"itemBytes":13,`
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--room", "a"}, plain + "messages   0\n"},
		{[]string{"--room", "a", "--items"}, plain + "a\\u000a\\u001b[2J  6 bytes\nb  0 bytes\nmessages   0\n"},
		{[]string{"--room", "a", "--json"}, shared + `"epochs":[],"idempotencyKeys":0,"fence":null,"messages":[]}` + "\n"},
		{[]string{"--room", "a", "--json", "--items"}, `"messages":[],"storedItems":[{"key":"a\n\u001b[2J","bytes":6},{"key":"b","bytes":0}]}` + "\n"},
		{[]string{"--json"}, shared},
		{nil, "items      2, 13 bytes\n"},
	} {
		got := parlor(t, append([]string{"inspect", dir}, test.args...))
		if got.code != cli.ExitOK || !strings.Contains(got.stdout, test.want) || strings.Contains(got.stdout, "secret") {
			t.Errorf("%q: got %+v, want %q", test.args, got, test.want)
		}
	}
}

// TestInspectOutbox looks at a room that stores messages and events for sinks.
func TestInspectOutbox(t *testing.T) {
	dir := fill(t, nil)
	change(t, dir, persistence.Write{
		Room: persistence.RoomKey{Kind: "room", Name: "a"},
		Turn: &persistence.Turn{Change: &persistence.Change{Puts: []persistence.Item{
			{Key: "o", Value: []byte("note")},
			{Key: "oh\x00\x00\x00\x00\x00\x00\x05\x00", Value: []byte("hook")},
			{Key: "om\x00\x00\x00\x00\x00\x00\x01\x02", Value: []byte("secret")},
			{Key: "om\x00\x00\x00\x00\x00\x00\x01\x03"},
			{Key: "uown"},
		}}},
		Head: persistence.Head{Turn: 1, Uneven: true, Items: 5, Bytes: 49},
	})
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "items      5, 49 bytes\noutbox     2 messages, 1 events\nmessages   0\n"},
		{[]string{"--items"}, "(outbox: how far it is)  4 bytes\n(outbox: event of turn 5)  4 bytes\n" +
			"(outbox: message 258)  6 bytes\n(outbox: message 259)  0 bytes\nuown  0 bytes\n"},
		{[]string{"--json"}, `"fence":null,"outbox":{"messages":2,"hooks":1},"messages":[]}`},
	} {
		got := parlor(t, append([]string{"inspect", dir, "--room", "a"}, test.args...))
		if got.code != cli.ExitOK || !strings.Contains(got.stdout, test.want) || strings.Contains(got.stdout, "secret") {
			t.Errorf("%q: got %+v, want %q", test.args, got, test.want)
		}
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
		{[]string{dir, "--items"}, cli.ExitUsage, "items: of which room?"},
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
	head := persistence.Head{Turn: 2, Last: last, Lineage: persistence.Lineage{{Epoch: 7, First: 1}}}
	stored := persistence.Head{Turn: 9, Uneven: true, Items: 3, Bytes: 20}
	store := scripted{map[string]any{
		"corrupt": fmt.Errorf("meta: %w", persistence.ErrCorrupt),
		"empty":   &persistence.State{Head: head},
		"short":   &persistence.State{Head: head, History: []persistence.Record{at(1)}},
		"partly":  &persistence.State{Head: head, History: []persistence.Record{at(2)}, Damaged: true},
		"torn":    &persistence.State{Head: stored, Damaged: true, Torn: true},
		"whole":   &persistence.State{Head: head, History: []persistence.Record{at(1), at(2)}},
	}}
	var out bytes.Buffer
	err := inspect(t.Context(), store, inspectOptions{rooms: true}, &out, newProgress(nil))
	if !errors.Is(err, errDamaged) {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{
		"room\tcorrupt\t0-0\t0\t0\t0\t0\tdamaged\n", "room\tempty\t0-0\t0\t0\t0\t0\tdamaged\n", "room\tshort\t0-0\t1\t2\t0\t0\tdamaged\n",
		"room\tpartly\t0-0\t1\t2\t0\t0\tdamaged\n", "room\ttorn\t0-0\t0\t0\t3\t20\tdamaged\n", "room\twhole\t0-0\t2\t4\t0\t0\tok\n", "life       9, after 2 others\n", "not cleanly", "rooms      6\n", "damaged    5\n",
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
