package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

const inspectAbout = `Looks into the data directory of a server that is not running, and changes
nothing there. It reads every room and says which ones are damaged; if any is,
the exit code is 1. With --json it prints all that there is but the messages'
texts and what rooms store, for programs to compare: a line for each room, with
a SHA-256 of each message and of all that is stored, and one for the store.
Stored values are never printed, and their keys only with --items.`

// inspectOptions are the flags of inspect.
type inspectOptions struct {
	dir   string
	rooms bool
	room  persistence.RoomKey // empty name for all rooms
	items bool                // the keys of what the room stores
	json  bool
}

// inspection is what a store shows of itself.
type inspection interface {
	Life() persistence.Life
	Format() int
	Clean() bool
	Load(persistence.RoomKey) (*persistence.State, error)
	Rooms(from persistence.RoomKey, yield func(persistence.RoomKey, persistence.Position) bool) error
}

func runInspect(ctx context.Context, args []string, p process) (err error) {
	fs := cli.NewFlagSet("parlor inspect", "[FLAGS] DIR", inspectAbout)
	var o inspectOptions
	fs.BoolVar(&o.rooms, "rooms", false, "print a line for each room: kind, name, newest id, messages kept, their bytes, items stored, their bytes, state")
	fs.StringVar(&o.room.Name, "room", "", "print the messages that the room `NAME` keeps, in place of looking at all rooms (default: none)")
	fs.StringVar(&o.room.Kind, "kind", actors.DefaultKind, "`KIND` of that room")
	fs.BoolVar(&o.items, "items", false, "print the keys of what that room stores, too, and how large the values are")
	fs.BoolVar(&o.json, "json", false, "print lines of JSON, rooms too")
	rest, err := fs.Parse(args, 1, 1, p.stdout)
	if err != nil {
		return err
	}
	o.dir = rest[0]
	if o.room.Name != "" {
		if err := o.room.Validate(); err != nil {
			return cli.Usagef("room: %v", err)
		}
	} else if o.items {
		return cli.Usagef("items: of which room? Name it with --room")
	}
	store, err := pebblestore.OpenReadOnly(o.dir, pebblestore.Config{
		Logger: slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return inspect(ctx, store, o, p.stdout, newProgress(p.stderr))
}

// inspect prints what is asked for to w.
func inspect(ctx context.Context, store inspection, o inspectOptions, w io.Writer, progress *progress) error {
	out := bufio.NewWriter(w)
	view := inspectView{out: out, json: o.json, items: o.items}
	var err error
	if o.room.Name != "" {
		err = inspectRoom(store, o.room, view)
	} else {
		err = inspectAll(ctx, store, o, view, progress)
	}
	return errors.Join(err, out.Flush())
}

// inspectRoom prints one room.
func inspectRoom(store inspection, key persistence.RoomKey, view inspectView) error {
	state, err := store.Load(key)
	if err != nil {
		return err
	}
	if state.Turn == 0 && state.Fence == (persistence.Fence{}) {
		return errors.New("there is no room " + key.String())
	}
	view.room(key, state)
	return damage(state)
}

// inspectAll prints a line for each room, if asked for, and the store.
func inspectAll(ctx context.Context, store inspection, o inspectOptions, view inspectView, progress *progress) error {
	life := store.Life()
	sum := storeSummary{
		Directory: o.dir, Format: store.Format(), Life: life.Epoch, PastLives: life.Past, Clean: store.Clean(),
	}
	var failed error
	err := store.Rooms(persistence.RoomKey{}, func(key persistence.RoomKey, last persistence.Position) bool {
		if failed = ctx.Err(); failed != nil {
			return false
		}
		line := newRoomLine(key, last)
		state, err := store.Load(key)
		if err == nil {
			line.count(state)
			if o.json { // costs a hash of every message
				line.detail(state)
			}
			err = damage(state)
		}
		if err != nil && !errors.Is(err, persistence.ErrCorrupt) {
			failed = err
			return false
		}
		line.Damaged = err != nil
		sum.add(line)
		if o.rooms || o.json {
			view.line(line)
		}
		progress.step()
		return true
	})
	progress.done()
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	view.summary(sum)
	if sum.Damaged > 0 {
		return errDamaged
	}
	return nil
}

// errDamaged reports a store in which some rooms lost messages that they
// should have.
var errDamaged = errors.New("some rooms are damaged")

// damage reports as ErrCorrupt a room of which something is not there that
// should be, its newest message above all.
func damage(state *persistence.State) error {
	n := len(state.History)
	switch {
	case state.Last.Seq > 0 && (n == 0 || state.History[n-1].Position != state.Last):
		return errors.Join(errors.New("the newest message is missing"), persistence.ErrCorrupt)
	case state.Torn:
		return errors.Join(errors.New("what the room stores is damaged"), persistence.ErrCorrupt)
	case state.Damaged:
		return errors.Join(errors.New("a part of the room is missing"), persistence.ErrCorrupt)
	}
	return nil
}
