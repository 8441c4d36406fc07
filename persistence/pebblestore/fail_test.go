package pebblestore_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// childTest names, to a process started by inChild, the test it is to run.
const childTest = "PARLOR_TEST_CHILD"

// Exit codes of such a process.
const (
	childPassed = 42 // 0 would mean that the scenario was never reached
	childFailed = 43
)

// inChild runs a scenario after which a process is good for nothing, and
// returns the exit code and the output of the process that ran it.
func inChild(t *testing.T, scenario func() error) (code int, out string) {
	t.Helper()
	if os.Getenv(childTest) == t.Name() {
		if err := scenario(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(childFailed)
		}
		os.Exit(childPassed)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	cmd.Env = append(os.Environ(), childTest+"="+t.Name())
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

// faultyDisk is a disk whose operations fail once it is told to.
func faultyDisk(mem vfs.FS, broken *atomic.Bool, fails func(errorfs.Op) bool, with error) vfs.FS {
	return errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && fails(op) {
			return with
		}
		return nil
	}))
}

func isSync(k errorfs.OpKind) bool {
	return k == errorfs.OpFileSync || k == errorfs.OpFileSyncData || k == errorfs.OpFileSyncTo
}

// TestFailStop breaks the disk in several places: from the error on, nothing
// is acknowledged or served, Fatal is called, and all that was acknowledged
// before is there afterwards.
func TestFailStop(t *testing.T) {
	for name, test := range map[string]struct {
		fails func(errorfs.Op) bool
		with  error
		// background tells that the disk fails a goroutine of Pebble's own. Fatal
		// does not return to it, as it would not in earnest: Pebble goes on with
		// what it wrote halfway, and panics.
		background bool
	}{
		"fsync of the log": {
			fails: func(op errorfs.Op) bool { return isSync(op.Kind) && strings.HasSuffix(op.Path, ".log") },
			with:  syscall.EIO,
		},
		"write to the log": {
			fails: func(op errorfs.Op) bool {
				return op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".log")
			},
			with: syscall.ENOSPC,
		},
		"fsync of the manifest": {
			fails:      func(op errorfs.Op) bool { return isSync(op.Kind) && strings.Contains(op.Path, "MANIFEST") },
			with:       syscall.EIO,
			background: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, out := inChild(t, func() error { return failStop(test.fails, test.with, test.background) })
			if code != childPassed {
				t.Errorf("exit code %d:\n%s", code, out)
			}
		})
	}
}

// failStop is the scenario of TestFailStop. The writes are large, so that
// tables and logs come to be written too.
func failStop(fails func(errorfs.Op) bool, with error, background bool) error {
	var (
		broken atomic.Bool
		t      testing.T // for helpers that want one; it is never reported
	)
	mem := vfs.NewCrashableMem()
	cfg := testConfig(&t)
	cfg.FS = faultyDisk(mem, &broken, fails, with)
	fatal := make(chan error, 100)
	cfg.Fatal = func(err error) {
		fatal <- err
		if background {
			select {}
		}
	}
	s, err := pebblestore.Open(diskDir, cfg)
	if err != nil {
		return err
	}
	acked := uint64(0)
	const healthy, most = 50, 20_000
	for err == nil && acked < most {
		if acked == healthy {
			broken.Store(true)
		}
		w := testWrite(1, acked+1)
		w.Turn.Records[0].Data = make([]byte, 10_000)
		if err = s.Commit([]persistence.Write{w}); err == nil {
			acked++
		}
	}
	if err == nil {
		return fmt.Errorf("%d commits on a broken disk and no error", most)
	}
	if cause := <-fatal; !strings.Contains(cause.Error(), with.Error()) {
		return fmt.Errorf("Fatal was called with %w, want %w", cause, with)
	}
	broken.Store(false) // the disk says it is well again: it is not believed
	if err := refusesAll(s); err != nil {
		return err
	}

	cfg = testConfig(&t)
	cfg.FS = mem.CrashClone(vfs.CrashCloneCfg{})
	after, err := pebblestore.Open(diskDir, cfg)
	if err != nil {
		return err
	}
	st, err := after.Load(testRoom(1))
	if err != nil {
		return err
	}
	if st.Last.Seq < acked || after.Life().Epoch <= s.Life().Epoch {
		return fmt.Errorf("last is %v, %d were acknowledged; life %+v, before %+v", st.Last, acked, after.Life(), s.Life())
	}
	return after.Close()
}

func refusesAll(s *pebblestore.Store) error {
	_, loadErr := s.Load(testRoom(1))
	_, _, findErr := s.Find("room", testRoom(1).ObjectID())
	for call, err := range map[string]error{
		"Commit": s.Commit([]persistence.Write{testWrite(2, 1)}),
		"Load":   loadErr,
		"Rooms":  s.Rooms(persistence.RoomKey{}, func(persistence.RoomKey, persistence.Position) bool { return true }),
		"Alarms": s.Alarms(1, func(persistence.RoomKey, int64) bool { return true }),
		"Find":   findErr,
		"Close":  s.Close(),
	} {
		if err == nil || !strings.Contains(err.Error(), "store failed") {
			return fmt.Errorf("%s after the failure: %w", call, err)
		}
	}
	return nil
}

// TestFailureReachesReaders has a reader wait for a commit whose fsync fails: it
// must not be shown what never became durable.
func TestFailureReachesReaders(t *testing.T) {
	code, out := inChild(t, func() error {
		var broken atomic.Bool
		begun, free := make(chan struct{}), make(chan struct{})
		var t testing.T
		cfg := testConfig(&t)
		cfg.FS = faultyDisk(vfs.NewMem(), &broken, func(op errorfs.Op) bool {
			if !isSync(op.Kind) || !strings.HasSuffix(op.Path, ".log") {
				return false
			}
			close(begun)
			<-free
			return true
		}, syscall.EIO)
		cfg.Fatal = func(error) {}
		s, err := pebblestore.Open(diskDir, cfg)
		if err != nil {
			return err
		}
		broken.Store(true)
		committed, loaded := make(chan error), make(chan error)
		go func() { committed <- s.Commit([]persistence.Write{testWrite(1, 1)}) }()
		<-begun
		go func() {
			st, err := s.Load(testRoom(1))
			if err == nil {
				fmt.Fprintln(os.Stderr, "loaded", st.Last)
			}
			loaded <- err
		}()
		eventually(&t, "reader that waits", func() bool { return s.Waiting() == 1 })
		close(free)
		if err := <-committed; err == nil {
			return errors.New("the commit was acknowledged")
		}
		if err := <-loaded; err == nil {
			return errors.New("the reader was shown something")
		}
		return nil
	})
	if code != childPassed {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// TestFailureEndsCommitter has the committer on top of a store whose fsync
// fails: its owners hear of an error, none of a success, and Failed is called.
func TestFailureEndsCommitter(t *testing.T) {
	code, out := inChild(t, func() error {
		var broken atomic.Bool
		var t testing.T
		cfg := testConfig(&t)
		cfg.FS = faultyDisk(vfs.NewMem(), &broken, func(op errorfs.Op) bool {
			return isSync(op.Kind) && strings.HasSuffix(op.Path, ".log")
		}, syscall.EIO)
		cfg.Fatal = func(error) {}
		s, err := pebblestore.Open(diskDir, cfg)
		if err != nil {
			return err
		}
		failed := make(chan error, 10)
		c, err := persistence.OpenCommitter(s, persistence.CommitterConfig{Failed: func(err error) { failed <- err }})
		if err != nil {
			return err
		}
		o := make(ownerErrors, 10)
		if err := c.Submit(testWrite(1, 1), o); err != nil {
			return err
		}
		if err := <-o; err != nil {
			return err
		}
		broken.Store(true)
		if err := c.Submit(testWrite(1, 2), o); err != nil {
			return err
		}
		if err := <-o; err == nil {
			return errors.New("a write was acknowledged whose fsync failed")
		}
		if err := <-failed; err == nil {
			return errors.New("Failed was called without an error")
		}
		if err := c.Submit(testWrite(1, 3), o); err == nil {
			return errors.New("a write was taken after the failure")
		}
		if err := c.Close(); err == nil || len(failed) != 0 {
			return fmt.Errorf("close: %w, and %d more calls of Failed", err, len(failed))
		}
		return nil
	})
	if code != childPassed {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

type ownerErrors chan error

func (o ownerErrors) Committed(_ int, err error) { o <- err }

// TestFatalExits leaves Fatal at its default: the process says why and ends,
// even where Pebble would have it crash.
func TestFatalExits(t *testing.T) {
	for name, test := range map[string]struct {
		fails func(errorfs.Op) bool
		with  error
	}{
		"fsync of the log": {
			func(op errorfs.Op) bool { return isSync(op.Kind) && strings.HasSuffix(op.Path, ".log") }, syscall.EIO,
		},
		"creation of a log": {
			func(op errorfs.Op) bool {
				return (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite) && strings.HasSuffix(op.Path, ".log")
			}, syscall.ENOSPC,
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, out := inChild(t, func() error {
				var broken atomic.Bool
				fs := faultyDisk(vfs.NewMem(), &broken, test.fails, test.with)
				s, err := pebblestore.Open(diskDir, pebblestore.Config{Sync: true, FS: fs, MemTableBytes: 1 << 20})
				if err != nil {
					return err
				}
				broken.Store(true)
				w := testWrite(1, 1)
				w.Turn.Records[0].Data = make([]byte, 10_000)
				for range 20_000 {
					if err := s.Commit([]persistence.Write{w}); err != nil {
						return fmt.Errorf("commit returned: %w", err)
					}
				}
				return errors.New("commits on a broken disk and no error")
			})
			if code != 1 || !strings.Contains(out, "can no longer be trusted") || !strings.Contains(out, test.with.Error()) {
				t.Errorf("exit code %d, want 1 and a line that says why:\n%s", code, out)
			}
		})
	}
}
