package agree

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hashicorp/raft"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// store is Raft's log and its few stable values, in one bbolt file. When a
// method that writes returns nil, what it wrote is on the disk. It is safe for
// concurrent use.
type store struct {
	db     *bolt.DB
	id     string // made with the file
	broken func(error)
}

var (
	_ raft.LogStore    = (*store)(nil)
	_ raft.StableStore = (*store)(nil)
)

// Buckets and keys of the file.
const (
	bucketLog    = "log"    // index, big-endian: entry
	bucketStable = "stable" // Raft's keys
	bucketSelf   = "self"
	keyID        = "id"
	storeFile    = "raft.db"
)

// lockPatience is how long another process may keep the file open.
const lockPatience = 2 * time.Second

// openStore opens the file in dir, or makes one with a new id.
// A write that fails is told to broken as well.
func openStore(dir string, broken func(error)) (*store, error) {
	path := filepath.Join(dir, storeFile)
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: lockPatience, FreelistType: bolt.FreelistMapType, NoFreelistSync: true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open %s: another process has it open", path)
	} else if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &store{db: db, broken: broken}
	if err := db.Update(s.prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return s, nil
}

// prepare makes the buckets and the id, and reads the id.
func (s *store) prepare(tx *bolt.Tx) error {
	for _, name := range []string{bucketLog, bucketStable, bucketSelf} {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	self := tx.Bucket([]byte(bucketSelf))
	if id := self.Get([]byte(keyID)); id != nil {
		s.id = string(id)
		return nil
	}
	var random [8]byte
	rand.Read(random[:])
	s.id = hex.EncodeToString(random[:])
	return self.Put([]byte(keyID), []byte(s.id))
}

func (s *store) Close() error { return s.db.Close() }

// update runs a transaction and syncs it.
func (s *store) update(f func(*bolt.Tx) error) error {
	err := s.db.Update(f)
	if err != nil && !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		s.broken(fmt.Errorf("write %s: %w", s.db.Path(), err))
	}
	return err
}

// FirstIndex returns the index of the oldest entry, zero if there is none.
func (s *store) FirstIndex() (uint64, error) {
	return s.edge(func(c *bolt.Cursor) ([]byte, []byte) { return c.First() })
}

// LastIndex returns the index of the newest entry, zero if there is none.
func (s *store) LastIndex() (uint64, error) {
	return s.edge(func(c *bolt.Cursor) ([]byte, []byte) { return c.Last() })
}

func (s *store) edge(move func(*bolt.Cursor) (k, v []byte)) (index uint64, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		if k, _ := move(tx.Bucket([]byte(bucketLog)).Cursor()); k != nil {
			index = binary.BigEndian.Uint64(k)
		}
		return nil
	})
	return index, err
}

// GetLog reads the entry of the index, or returns raft.ErrLogNotFound.
func (s *store) GetLog(index uint64, log *raft.Log) error {
	return s.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucketLog)).Get(indexKey(index))
		if b == nil {
			return raft.ErrLogNotFound
		}
		return decodeEntry(b, index, log)
	})
}

// StoreLog writes one entry.
func (s *store) StoreLog(log *raft.Log) error { return s.StoreLogs([]*raft.Log{log}) }

// StoreLogs writes entries, all or none.
func (s *store) StoreLogs(logs []*raft.Log) error {
	return s.update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket([]byte(bucketLog))
		for _, l := range logs {
			if err := bucket.Put(indexKey(l.Index), encodeEntry(l)); err != nil {
				return fmt.Errorf("store entry %d: %w", l.Index, err)
			}
		}
		return nil
	})
}

// DeleteRange removes the entries from first to last, both included.
func (s *store) DeleteRange(first, last uint64) error {
	return s.update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket([]byte(bucketLog))
		// Deleting moves a cursor past the next key, so each is sought anew.
		for c := bucket.Cursor(); ; {
			k, _ := c.Seek(indexKey(first))
			if k == nil || binary.BigEndian.Uint64(k) > last {
				return nil
			}
			if err := bucket.Delete(k); err != nil {
				return fmt.Errorf("delete entries %d to %d: %w", first, last, err)
			}
		}
	})
}

// Set writes a stable value.
func (s *store) Set(key, val []byte) error {
	return s.update(func(tx *bolt.Tx) error { return tx.Bucket([]byte(bucketStable)).Put(key, val) })
}

// Get reads a stable value, nil if there is none.
func (s *store) Get(key []byte) (val []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket([]byte(bucketStable)).Get(key); b != nil {
			val = append([]byte{}, b...) // b is bbolt's once the transaction ends
		}
		return nil
	})
	return val, err
}

// SetUint64 writes a stable number.
func (s *store) SetUint64(key []byte, val uint64) error { return s.Set(key, indexKey(val)) }

// GetUint64 reads a stable number, zero if there is none.
func (s *store) GetUint64(key []byte) (uint64, error) {
	b, err := s.Get(key)
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("value %q: %w", key, errEntry)
	}
	return binary.BigEndian.Uint64(b), nil
}

func indexKey(index uint64) []byte { return binary.BigEndian.AppendUint64(nil, index) }
