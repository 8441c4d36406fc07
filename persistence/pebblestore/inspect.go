package pebblestore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// Inspection is a store opened to be looked at: nothing in its directory is
// changed but the lock file's time stamp. Its methods may be called from any
// goroutine, but Close, which must be the last.
type Inspection struct {
	lock  *pebble.Lock
	db    *pebble.DB
	node  nodeState
	clean bool
}

// OpenReadOnly opens the store in dir for inspection. The store must not be in
// use: persistence.ErrLocked otherwise. A directory without a store is
// fs.ErrNotExist; further errors are those of Open. Fields of cfg that concern
// writing are ignored, and History too.
func OpenReadOnly(dir string, cfg Config) (*Inspection, error) {
	in, err := openReadOnly(dir, cfg)
	if err != nil {
		return nil, fmt.Errorf("inspect store %q: %w", dir, err)
	}
	return in, nil
}

func openReadOnly(dir string, cfg Config) (*Inspection, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.FS == nil {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		dir = abs
	}
	cfg = cfg.withDefaults()
	if err := checkPebbleFormat(cfg.FS, dir); err != nil {
		return nil, err
	}
	// Taking the lock would create its file in any directory.
	desc, err := pebble.Peek(dir, cfg.FS)
	if err != nil {
		return nil, err
	}
	if !desc.Exists {
		return nil, fmt.Errorf("no store there: %w", fs.ErrNotExist)
	}
	in := &Inspection{}
	if in.lock, err = lockDir(cfg.FS, dir); err != nil {
		return nil, err
	}
	if err := in.open(dir, cfg); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

func (in *Inspection) open(dir string, cfg Config) (err error) {
	if in.clean, err = isClean(cfg.FS, dir); err != nil {
		return err
	}
	fatal := func(err error) {
		cfg.Logger.Error("the disk cannot be trusted", "err", err)
		cfg.Fatal(err)
	}
	opts := cfg.options(in.lock, pebbleLogger{log: cfg.Logger, fatal: fatal}, eventListener(cfg.Logger, newStoreMetrics(nil)))
	opts.ReadOnly = true
	if in.db, err = pebble.Open(dir, opts); err != nil {
		return asCorrupt(err)
	}
	in.node, err = readNodeState(in.db)
	return err
}

// Life returns the life that was in force when the store was last open.
func (in *Inspection) Life() persistence.Life { return in.node.life }

// Format returns the number of the store's format, or 0 for a store that holds
// nothing yet.
func (in *Inspection) Format() int { return in.node.format }

// Clean reports whether the store's last end was a clean one: if so the next
// Open continues its life.
func (in *Inspection) Clean() bool { return in.clean }

// Load returns the room's state with all of its records, as
// persistence.Store's Load does.
func (in *Inspection) Load(key persistence.RoomKey) (*persistence.State, error) {
	if err := key.Validate(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	room, err := readRoom(in.db, key)
	if err != nil {
		return nil, fmt.Errorf("load room %q: %w", key, err)
	}
	if room == nil {
		return &persistence.State{}, nil
	}
	return room.state(int(room.meta.Slots)), nil
}

// Rooms calls yield for rooms, as persistence.Store's Rooms does.
func (in *Inspection) Rooms(from persistence.RoomKey, yield func(persistence.RoomKey, persistence.Position) bool) error {
	if err := walkRooms(in.db, from, yield); err != nil {
		return fmt.Errorf("rooms: %w", err)
	}
	return nil
}

// Close ends the inspection.
func (in *Inspection) Close() error {
	var err error
	if in.db != nil {
		err = in.db.Close()
	}
	return errors.Join(err, in.lock.Close())
}
