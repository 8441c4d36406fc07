package pebblestore

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// Open opens the store in dir and creates it, with mode 0700, if there is
// none. The caller closes it. Errors: persistence.ErrLocked when another
// process has it open, at once; ErrFormat when a newer program wrote it;
// ErrCorrupt when it is damaged as a whole.
func Open(dir string, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open store %q: %w", dir, err)
	}
	s, err := open(dir, cfg)
	if err != nil {
		return nil, fmt.Errorf("open store %q: %w", dir, err)
	}
	return s, nil
}

func open(dir string, cfg Config) (*Store, error) {
	if cfg.FS == nil {
		// Locks within a process go by path, so a directory has to have one.
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		dir = abs
	}
	cfg = cfg.withDefaults()
	s := &Store{cfg: cfg, log: cfg.Logger, dir: dir, gate: newGate(), sync: pebble.NoSync}
	if cfg.Sync {
		s.sync = pebble.Sync
	}
	s.metrics = newStoreMetrics(s)

	if err := makeDir(cfg.FS, dir); err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	lock, err := lockDir(cfg.FS, dir)
	if err != nil {
		return nil, err
	}
	s.lock = lock
	if err := s.openLocked(); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	if err := s.metrics.set.Register(cfg.Registerer); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	return s, nil
}

// openLocked opens the directory, whose lock is held.
func (s *Store) openLocked() error {
	if err := checkPebbleFormat(s.cfg.FS, s.dir); err != nil {
		return err
	}
	clean, err := isClean(s.cfg.FS, s.dir)
	if err != nil {
		return err
	}
	logger := pebbleLogger{log: s.log, fatal: s.fatal}
	s.db, err = pebble.Open(s.dir, s.cfg.options(s.lock, logger, eventListener(s.log, s.metrics)))
	if err != nil {
		return asCorrupt(err)
	}
	return s.begin(clean)
}

// abandon gives up what a failed Open holds. After a fatal error Pebble is
// left alone, locks and all.
func (s *Store) abandon() error {
	if s.failure() != nil {
		return nil
	}
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.lock.Close())
}

// asCorrupt marks errors that Pebble takes for damage as ErrCorrupt.
func asCorrupt(err error) error {
	if err == nil || !pebble.IsCorruptionError(err) {
		return err
	}
	return fmt.Errorf("%w: %w", persistence.ErrCorrupt, err)
}
