package pebblestore

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence"
)

// Config configures a Store.
type Config struct {
	// History is how many of its newest records a room keeps:
	// persistence.DefaultHistory when zero, at most persistence.MaxHistory. It
	// may change from open to open: a room's records are laid out anew when the
	// room is next loaded. A room that is written to without being loaded first
	// may come out with a shorter history for a while.
	History int
	// Leaving returns what is to be stored of records that a smaller history drops,
	// oldest first, because they are of use to somebody still. It is called with the
	// store's locks held, and given what the room stores, which it must not change.
	// Nil: nothing is.
	Leaving func(records []persistence.Record, storage *persistence.Storage) []persistence.Item
	// Sync makes every Commit wait for an fsync. Without it a Commit that
	// returned survives neither a power cut nor the death of the process.
	Sync bool
	// CacheBytes and MemTableBytes bound the memory for blocks read and for
	// writes not yet in tables (up to four such tables at once). Zero: 32 MiB
	// each.
	CacheBytes    int64
	MemTableBytes int64
	// Fatal is called when the disk can no longer be trusted, at least once and
	// from any goroutine, and should end the process. Nil: log and exit with
	// code 1. Should it return, the store refuses all further work, and its
	// directory stays locked until the process ends.
	Fatal func(error)
	// Logger takes what happens to the store; payloads are never logged. Nil:
	// slog.Default.
	Logger *slog.Logger
	// Registerer takes the metrics. Nil: none are kept.
	Registerer prometheus.Registerer
	// FS is the file system, for tests. Nil: the operating system's.
	FS vfs.FS
	// Now is the clock that lives are taken from. Nil: time.Now.
	Now func() time.Time
}

const (
	defaultCacheBytes    = 32 << 20
	defaultMemTableBytes = 32 << 20
	minMemTableBytes     = 1 << 20
	maxMemTableBytes     = 1 << 30
)

// Validate reports every value out of bounds.
func (c Config) Validate() error {
	var errs []error
	if c.History < 0 || c.History > persistence.MaxHistory {
		errs = append(errs, fmt.Errorf("history of %d records, want 0 to %d", c.History, persistence.MaxHistory))
	}
	if c.CacheBytes < 0 {
		errs = append(errs, fmt.Errorf("cache of %d bytes", c.CacheBytes))
	}
	if n := c.MemTableBytes; n != 0 && (n < minMemTableBytes || n > maxMemTableBytes) {
		errs = append(errs, fmt.Errorf("memtable of %d bytes, want %d to %d", n, minMemTableBytes, maxMemTableBytes))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.History == 0 {
		c.History = persistence.DefaultHistory
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = defaultCacheBytes
	}
	if c.MemTableBytes == 0 {
		c.MemTableBytes = defaultMemTableBytes
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = c.Logger.With("component", "pebblestore")
	if c.Fatal == nil {
		// The error is logged before Fatal is called.
		c.Fatal = func(error) { os.Exit(1) }
	}
	if c.FS == nil {
		c.FS = vfs.Default
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
