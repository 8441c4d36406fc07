package pebblestore_test

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
	"github.com/parlor-sse/parlor/persistence/persistencetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testConfig keeps memory small and the log quiet.
func testConfig(t testing.TB) pebblestore.Config {
	return pebblestore.Config{
		Sync:          true,
		CacheBytes:    1 << 20,
		MemTableBytes: 1 << 20,
		Logger:        slog.New(slog.NewTextHandler(io.Discard, nil)),
		Fatal:         func(err error) { t.Errorf("fatal: %v", err) },
	}
}

func open(t testing.TB, dir string, cfg pebblestore.Config) *pebblestore.Store {
	t.Helper()
	s, err := pebblestore.Open(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// disk is a file system in memory that the power can be taken from.
type disk struct {
	fs       *vfs.MemFS
	unsynced int // percent of what was not synced that is there after a crash
	rng      *rand.Rand
	store    *pebblestore.Store
}

const diskDir = "/var/lib/parlor"

func newDisk(unsynced int, seed uint64) *disk {
	return &disk{fs: vfs.NewCrashableMem(), unsynced: unsynced, rng: rand.New(rand.NewPCG(seed, 2))}
}

func (d *disk) open(t testing.TB, history int) *pebblestore.Store {
	t.Helper()
	cfg := testConfig(t)
	cfg.FS, cfg.History = d.fs, history
	d.store = open(t, diskDir, cfg)
	return d.store
}

// crash leaves of the file system what a power cut at this moment would. The
// store goes on, on a disk nobody looks at again, only to be closed.
func (d *disk) crash(t testing.TB) {
	t.Helper()
	d.fs = d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: d.unsynced, RNG: d.rng})
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStoreInMemory(t *testing.T) {
	for _, unsynced := range []int{0, 50, 100} {
		t.Run(fmt.Sprintf("unsynced=%d", unsynced), func(t *testing.T) {
			persistencetest.Run(t, func(t *testing.T) persistencetest.Subject {
				d := newDisk(unsynced, 1)
				return persistencetest.Subject{
					Open:       func(t *testing.T, history int) persistence.Store { return d.open(t, history) },
					Persistent: true,
					Crash:      func(t *testing.T) { d.crash(t) },
				}
			})
		})
	}
}

func TestStoreOnDisk(t *testing.T) {
	for _, sync := range []bool{true, false} {
		t.Run(fmt.Sprintf("sync=%v", sync), func(t *testing.T) {
			persistencetest.Run(t, func(t *testing.T) persistencetest.Subject {
				dir := filepath.Join(t.TempDir(), "data")
				return persistencetest.Subject{
					Open: func(t *testing.T, history int) persistence.Store {
						cfg := testConfig(t)
						cfg.Sync, cfg.History = sync, history
						return open(t, dir, cfg)
					},
					Persistent: true,
				}
			})
		})
	}
}
