package pebblestore

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	// maxOpenFiles leaves the descriptors to the streams.
	maxOpenFiles = 512
	// tableBytes is the size of the smallest tables; each level below doubles
	// it. Larger ones than Pebble's 2 MiB keep a million rooms in some dozens
	// of files.
	tableBytes = 8 << 20
	// filterBits is the size of a Bloom filter, in bits a key: one Load in a
	// hundred of an unknown room reads a block in vain.
	filterBits = 10
)

// options returns Pebble's options for a directory that is locked by lock.
func (c Config) options(lock *pebble.Lock, logger pebbleLogger, listener *pebble.EventListener) *pebble.Options {
	o := &pebble.Options{
		CacheSize:                   c.CacheBytes,
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, 2 },
		EventListener:               listener,
		FormatMajorVersion:          pebble.FormatNewest,
		Lock:                        lock,
		Logger:                      logger,
		MaxOpenFiles:                maxOpenFiles,
		MemTableSize:                uint64(c.MemTableBytes),
		MemTableStopWritesThreshold: 4,
	}
	o.FS = c.FS
	if c.FS == vfs.Default {
		o.WithFSDefaults() // watches the disk for slowness
	}
	o.FS = logFS{FS: o.FS, fatal: logger.fatal}
	o.TargetFileSizes[0] = tableBytes
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(filterBits)
	}
	return o
}
