package pebblestore

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// Store is a persistence.Store on disk. See persistence.Store for the contract
// of its methods.
type Store struct {
	// Static after Open.
	cfg     Config
	log     *slog.Logger
	metrics *storeMetrics
	dir     string
	lock    *pebble.Lock
	db      *pebble.DB
	life    persistence.Life
	sync    *pebble.WriteOptions

	gate   *gate
	failed atomic.Pointer[error] // set once the disk can no longer be trusted

	// writing is held by whoever writes rooms: Commit, and Load while it lays
	// a room out anew. It is never held while waiting for the gate.
	writing sync.Mutex
	scratch scratch // owned by Commit
}

var _ persistence.Store = (*Store)(nil)

// Life implements persistence.Store.
func (s *Store) Life() persistence.Life { return s.life }

// Commit implements persistence.Store.
func (s *Store) Commit(writes []persistence.Write) error {
	for i := range writes {
		if err := writes[i].Validate(); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	plan, err := s.gate.begin(writes)
	if err != nil {
		return err
	}
	defer s.gate.end(s.snapshotOrNil)
	s.writing.Lock()
	defer s.writing.Unlock()

	batch := s.db.NewBatch()
	if err := s.fill(batch, writes, plan); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := s.apply(batch, s.sync); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// apply makes batch part of the store, and durable as far as opts goes. Pebble
// answers an error on the way to the disk with Fatalf, and where it sees no
// way on with a panic: both end in fatal, and here in an error.
func (s *Store) apply(batch *pebble.Batch, opts *pebble.WriteOptions) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.fatal(fmt.Errorf("pebble: %v", r))
			err = s.failure()
		}
	}()
	if err := s.failure(); err != nil {
		return err
	}
	if err := batch.Commit(opts); err != nil {
		return err
	}
	if err := s.failure(); err != nil {
		return err
	}
	return batch.Close()
}

// fatal notes that the disk can no longer be trusted and ends the process.
func (s *Store) fatal(err error) {
	if s.failed.CompareAndSwap(nil, &err) {
		s.log.Error("the disk can no longer be trusted", "err", err)
	}
	s.cfg.Fatal(err)
}

// failure returns the error that fatal was first called with, if it was.
func (s *Store) failure() error {
	if err := s.failed.Load(); err != nil {
		return fmt.Errorf("store failed: %w", *err)
	}
	return nil
}

// Close implements persistence.Store. It waits for the calls under way and
// writes to tables what is in memory, for up to a minute. If that goes wrong
// the store is closed all the same, and its end was not a clean one. After
// Config.Fatal was called nothing more is written, and the directory stays
// locked.
func (s *Store) Close() error {
	if err := s.gate.close(); err != nil {
		return err
	}
	s.metrics.set.Unregister()
	if err := s.close(); err != nil {
		return fmt.Errorf("close store %q: %w", s.dir, err)
	}
	return nil
}

func (s *Store) close() error {
	err := s.failure()
	if err == nil {
		err = s.flush()
	}
	if failure := s.failure(); failure != nil {
		return failure
	}
	err = errors.Join(err, s.db.Close())
	if err == nil {
		err = markClean(s.cfg.FS, s.dir)
	}
	return errors.Join(err, s.lock.Close())
}
