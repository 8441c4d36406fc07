package pebblestore

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// formatVersion is the version of the key space. A store of a higher one is
// refused; one of a lower one is read as it is, and becomes one of this one when
// it is opened to be written to:
//
//	1  has no fences. A program that knows no more would pass by those of a
//	   newer store, and with them by what the store's copies promised.
//	2  has neither items nor alarms, its rooms can't be found by their object
//	   ids, and its metas and keys know no turns.
//	3  is the layout that keys.go describes.
const formatVersion = 3

// firstIDs is the first format whose rooms are found by their object ids.
const firstIDs = 3

// nodeState is what the store knows of itself.
type nodeState struct {
	format int // 0: a store that holds nothing yet
	life   persistence.Life
}

// readNodeState reads the keys of the store as a whole.
func readNodeState(r pebble.Reader) (nodeState, error) {
	var st nodeState
	format, err := get(r, []byte(keyFormat))
	if err != nil {
		return st, err
	}
	if format == nil {
		return st, checkEmpty(r)
	}
	st.format, err = strconv.Atoi(string(format))
	if err != nil || st.format < 1 {
		return st, fmt.Errorf("format number %q: %w", format, persistence.ErrCorrupt)
	}
	if st.format > formatVersion {
		return st, fmt.Errorf("format %d, known is %d: %w", st.format, formatVersion, persistence.ErrFormat)
	}
	life, err := get(r, []byte(keyLife))
	if err != nil {
		return st, err
	}
	st.life, err = persistence.DecodeLife(life)
	return st, err
}

// checkEmpty reports a store that holds keys and yet no format number: it is
// not ours, or has lost its tables.
func checkEmpty(r pebble.Reader) (err error) {
	it, err := r.NewIter(nil)
	if err != nil {
		return asCorrupt(err)
	}
	defer func() { err = errors.Join(err, asCorrupt(it.Close())) }()
	if it.First() {
		return fmt.Errorf("no format number: %w", persistence.ErrCorrupt)
	}
	return nil
}

// begin makes the opened store ready for rooms. Before it returns, the end
// that will follow counts as not clean until Close says otherwise, and the
// life in force is durable.
//
// The life goes to a table, not only to the log: the log's end is what damage
// can take silently. Writing a table also begins a new log, which a store just
// created needs: its first log lacks the marks by which Pebble finds damage in
// the middle.
func (s *Store) begin(clean bool) error {
	st, err := readNodeState(s.db)
	if err != nil {
		return err
	}
	if err := unmarkClean(s.cfg.FS, s.dir); err != nil {
		return err
	}
	if st.format > 0 && st.format < firstIDs {
		if err := s.upgrade(st.format); err != nil {
			return err
		}
	}
	s.life = st.life
	if !clean || st.format == 0 {
		s.life = st.life.Next(uint64(s.cfg.Now().UnixMilli()))
	}
	batch := s.db.NewBatch()
	err = errors.Join(
		batch.Set([]byte(keyFormat), strconv.AppendInt(nil, formatVersion, 10), nil),
		batch.Set([]byte(keyLife), persistence.AppendLife(nil, s.life), nil),
	)
	if err != nil {
		return err
	}
	if err := s.apply(batch, pebble.Sync); err != nil {
		return err
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.life.Epoch != st.life.Epoch && st.format != 0 {
		s.log.Warn("the last end was not clean, the newest writes may be missing: a new life begins",
			"dir", s.dir, "life", s.life.Epoch, "before", st.life.Epoch)
		return nil
	}
	s.log.Info("store is open", "dir", s.dir, "life", s.life.Epoch, "history", s.cfg.History)
	return nil
}

// flushTimeout bounds how long Open and Close wait for tables to be written; a
// full disk would let them wait for ever.
const flushTimeout = time.Minute

// flush writes what is in memory to tables.
func (s *Store) flush() error {
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	timer := time.NewTimer(flushTimeout)
	defer timer.Stop()
	select {
	case <-flushed:
		return s.failure()
	case <-timer.C:
		return fmt.Errorf("flush: tables were not written within %v", flushTimeout)
	}
}

// get returns a copy of the key's value, or nil.
func get(r pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, asCorrupt(err)
	}
	value = append(make([]byte, 0, len(value)), value...)
	return value, closer.Close()
}
