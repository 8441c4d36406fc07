package persistence_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/persistence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeStore is a Store of which the committer uses nothing but Commit.
type fakeStore struct {
	persistence.Store
	commit func([]persistence.Write) error
}

func (s fakeStore) Commit(w []persistence.Write) error { return s.commit(w) }

// slowStore notes the batches it is given; each takes until release is called.
type slowStore struct {
	fakeStore
	gate    chan struct{}
	mu      sync.Mutex
	batches [][]uint64 // seqs
	err     error
}

func newSlowStore() *slowStore {
	s := &slowStore{gate: make(chan struct{})}
	s.commit = func(w []persistence.Write) error {
		<-s.gate
		s.mu.Lock()
		defer s.mu.Unlock()
		var seqs []uint64
		for i := range w {
			seqs = append(seqs, w[i].Head.Last.Seq)
		}
		s.batches = append(s.batches, seqs)
		return s.err
	}
	return s
}

// release lets one batch through and waits until all that follows from it has
// happened. It needs a synctest bubble.
func (s *slowStore) release() {
	s.gate <- struct{}{}
	synctest.Wait()
}

func (s *slowStore) check(t *testing.T, want ...[]uint64) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.EqualFunc(s.batches, want, slices.Equal[[]uint64]) {
		t.Errorf("batches are %v, want %v", s.batches, want)
	}
}

// fakeOwner notes what it is told.
type fakeOwner struct {
	mu   sync.Mutex
	told []int
	err  error
}

func (o *fakeOwner) Committed(n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, n)
	o.err = err
}

func (o *fakeOwner) check(t *testing.T, want ...int) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.Equal(o.told, want) {
		t.Errorf("owner was told %v, want %v", o.told, want)
	}
}

// testWrite returns the turn of a room whose every turn is one message.
func testWrite(seq uint64) persistence.Write {
	at := persistence.Position{Epoch: 7, Seq: seq}
	return persistence.Write{
		Room: persistence.RoomKey{Kind: "room", Name: "a"},
		Turn: &persistence.Turn{Records: []persistence.Record{{Position: at, Data: []byte("{}")}}},
		Head: persistence.Head{Turn: seq, Last: at, Lineage: persistence.Lineage{{Epoch: 7, First: 1}}},
	}
}

// turnOf returns the turn that follows on testWrite(1) with so many messages.
func turnOf(messages int, turn uint64) persistence.Write {
	w := testWrite(turn)
	w.Turn.Records = nil
	for i := range messages {
		w.Head.Last.Seq = 2 + uint64(i)
		w.Turn.Records = append(w.Turn.Records, persistence.Record{Position: w.Head.Last, Data: []byte("{}")})
	}
	w.Head.Uneven = true
	return w
}

func openCommitter(t testing.TB, s persistence.Store, cfg persistence.CommitterConfig) *persistence.Committer {
	t.Helper()
	c, err := persistence.OpenCommitter(s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func submit(t testing.TB, c *persistence.Committer, o persistence.Owner, seqs ...uint64) {
	t.Helper()
	for _, seq := range seqs {
		if err := c.Submit(testWrite(seq), o); err != nil {
			t.Fatalf("submit %d: %v", seq, err)
		}
	}
}

func TestCommitterGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowStore()
		c := openCommitter(t, s, persistence.CommitterConfig{})
		a, b := &fakeOwner{}, &fakeOwner{}

		submit(t, c, a, 1)
		synctest.Wait()
		// All of these come during the first commit, so they are the second.
		submit(t, c, a, 2, 3)
		submit(t, c, b, 4)
		submit(t, c, a, 5)
		submit(t, c, b, 6, 7)
		synctest.Wait()
		a.check(t)
		s.release()
		s.check(t, []uint64{1})
		a.check(t, 1)
		b.check(t)
		s.release()
		s.check(t, []uint64{1}, []uint64{2, 3, 4, 5, 6, 7})
		a.check(t, 1, 3)
		b.check(t, 3)

		submit(t, c, b, 8)
		s.release()
		b.check(t, 3, 1)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCommitterBoundsBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowStore()
		c := openCommitter(t, s, persistence.CommitterConfig{BatchBytes: 10_000})
		o := &fakeOwner{}
		send := func(seq uint64, bytes int) {
			w := testWrite(seq)
			w.Turn.Records[0].Data = make([]byte, bytes)
			if err := c.Submit(w, o); err != nil {
				t.Fatal(err)
			}
		}
		send(1, 0)
		synctest.Wait()
		send(2, 4000)
		send(3, 4000)
		send(4, 4000)
		send(5, 20_000) // larger than a batch
		send(6, 1)
		for range 5 {
			s.release()
		}
		s.check(t, []uint64{1}, []uint64{2, 3}, []uint64{4}, []uint64{5}, []uint64{6})
		o.check(t, 1, 2, 1, 1, 1)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCommitterRefusesBeyondItsBounds(t *testing.T) {
	for name, cfg := range map[string]persistence.CommitterConfig{
		"writes": {QueueWrites: 3},
		"bytes":  {QueueBytes: 3 * 250},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlowStore()
				c := openCommitter(t, s, cfg)
				o := &fakeOwner{}
				submit(t, c, o, 1)
				synctest.Wait()
				submit(t, c, o, 2, 3)
				// The batch being committed counts until it is reported.
				if err := c.Submit(testWrite(4), o); !errors.Is(err, persistence.ErrBusy) {
					t.Fatalf("submit to a full queue: %v, want ErrBusy", err)
				}
				s.release()
				submit(t, c, o, 4)
				if err := c.Submit(testWrite(5), o); !errors.Is(err, persistence.ErrBusy) {
					t.Fatalf("submit to a full queue: %v, want ErrBusy", err)
				}
				s.release()
				s.release()
				submit(t, c, o, 5)
				s.release()
				s.check(t, []uint64{1}, []uint64{2, 3}, []uint64{4}, []uint64{5})
				o.check(t, 1, 2, 1, 1)
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestCommitterRefusesInvalidWrites(t *testing.T) {
	c := openCommitter(t, persistence.NewMemoryStore(persistence.MemoryConfig{}), persistence.CommitterConfig{})
	o := &fakeOwner{}
	w := testWrite(1)
	w.Turn.Records[0].Epoch = 8
	if err := c.Submit(w, o); !errors.Is(err, persistence.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	submit(t, c, o, 1)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	o.check(t, 1)
}

func TestCommitterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowStore()
		c := openCommitter(t, s, persistence.CommitterConfig{})
		o := &fakeOwner{}
		submit(t, c, o, 1)
		synctest.Wait()
		submit(t, c, o, 2, 3)
		closed := make(chan error)
		go func() { closed <- c.Close() }()
		synctest.Wait()
		if err := c.Submit(testWrite(4), o); !errors.Is(err, persistence.ErrClosed) {
			t.Errorf("submit after Close: %v, want ErrClosed", err)
		}
		if err := c.Close(); !errors.Is(err, persistence.ErrClosed) {
			t.Errorf("second Close: %v, want ErrClosed", err)
		}
		s.release()
		select {
		case <-closed:
			t.Error("Close did not wait for the queue")
		default:
		}
		s.release()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		s.check(t, []uint64{1}, []uint64{2, 3})
		o.check(t, 1, 2)
	})
}

func TestCommitterFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("disk is gone")
		s := newSlowStore()
		var failures []error
		a, b := &fakeOwner{}, &fakeOwner{}
		c := openCommitter(t, s, persistence.CommitterConfig{
			BatchBytes: 450, // two writes
			Failed: func(err error) {
				failures = append(failures, err)
				b.check(t, 1, 1) // owners hear of it first
			},
		})
		submit(t, c, a, 1)
		synctest.Wait()
		submit(t, c, a, 2, 3, 4)
		submit(t, c, b, 5)
		s.release()
		a.check(t, 1)
		submit(t, c, b, 6) // behind what was taken already
		s.mu.Lock()
		s.err = broken
		s.mu.Unlock()
		s.release()

		s.check(t, []uint64{1}, []uint64{2, 3})
		a.check(t, 1, 3)
		b.check(t, 1, 1)
		if !errors.Is(a.err, broken) || !errors.Is(b.err, broken) {
			t.Errorf("owners were told %v and %v, want %v", a.err, b.err, broken)
		}
		for range 3 {
			if err := c.Submit(testWrite(7), a); !errors.Is(err, broken) {
				t.Errorf("submit after the failure: %v, want %v", err, broken)
			}
			if err := c.Insist(testWrite(7), a); !errors.Is(err, broken) {
				t.Errorf("insist after the failure: %v, want %v", err, broken)
			}
		}
		if err := c.Close(); !errors.Is(err, broken) {
			t.Errorf("Close after the failure: %v, want %v", err, broken)
		}
		if len(failures) != 1 || !errors.Is(failures[0], broken) {
			t.Errorf("Failed was called with %v, want once with %v", failures, broken)
		}
		a.check(t, 1, 3)
	})
}

// TestCommitterManyOwners lets many goroutines submit at once: each owner hears
// of every write, and each room's come to the store in order.
func TestCommitterManyOwners(t *testing.T) {
	const (
		owners = 16
		writes = 500
	)
	next := make(map[string]uint64)
	var total int
	s := fakeStore{commit: func(batch []persistence.Write) error {
		for i := range batch {
			w := &batch[i]
			next[w.Room.Name]++
			if w.Head.Turn != next[w.Room.Name] {
				return fmt.Errorf("room %s: turn %d, want %d", w.Room.Name, w.Head.Turn, next[w.Room.Name])
			}
		}
		total += len(batch)
		return nil
	}}
	c := openCommitter(t, s, persistence.CommitterConfig{BatchBytes: 20_000})
	var told [owners]countingOwner
	var wg sync.WaitGroup
	for i := range owners {
		wg.Go(func() {
			for seq := range uint64(writes) {
				w := testWrite(seq + 1)
				w.Room.Name = fmt.Sprint(i)
				if err := c.Submit(w, &told[i]); err != nil {
					t.Errorf("submit: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if total != owners*writes {
		t.Errorf("%d writes were committed, want %d", total, owners*writes)
	}
	for i := range told {
		if n := told[i].n.Load(); n != writes {
			t.Errorf("owner %d was told of %d writes, want %d", i, n, writes)
		}
	}
}

type countingOwner struct{ n atomic.Int64 }

func (o *countingOwner) Committed(n int, _ error) { o.n.Add(int64(n)) }

func TestCommitterMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewPedanticRegistry()
		s := newSlowStore()
		c := openCommitter(t, s, persistence.CommitterConfig{QueueWrites: 3, Registerer: registry})
		o := &fakeOwner{}
		submit(t, c, o, 1)
		synctest.Wait()
		fence := persistence.Write{Room: testWrite(1).Room, Fence: &persistence.Fence{Promised: 7}}
		for _, w := range []persistence.Write{fence, turnOf(3, 2)} {
			if err := c.Submit(w, o); err != nil {
				t.Fatal(err)
			}
		}
		_ = c.Submit(testWrite(5), o)
		if got := gather(t, registry); got["parlor_commit_queue_writes"] != 3 || got["parlor_commit_queue_bytes"] < 3*200 || got["parlor_commit_refused_total"] != 1 {
			t.Errorf("while committing: %v", got)
		}
		s.release()
		s.release()
		got := gather(t, registry)
		for name, want := range map[string]float64{
			"parlor_commit_batches_total":  2,
			"parlor_commit_writes_total":   3,
			"parlor_commit_turns_total":    2,
			"parlor_commit_messages_total": 4,
			"parlor_commit_batch_writes":   2,
			"parlor_commit_seconds":        2,
			"parlor_commit_queue_writes":   0,
			"parlor_commit_queue_bytes":    0,
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		if _, err := persistence.OpenCommitter(s, persistence.CommitterConfig{Registerer: registry}); err == nil {
			t.Error("a second committer took the same names")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if got := gather(t, registry); len(got) != 0 {
			t.Errorf("after Close there is still %v", got)
		}
	})
}

// gather returns each metric's value, or its count of observations.
func gather(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			out[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}

func TestCommitterConfigValidate(t *testing.T) {
	if err := (persistence.CommitterConfig{}).Validate(); err != nil {
		t.Error(err)
	}
	bad := persistence.CommitterConfig{QueueWrites: -1, QueueBytes: -1, BatchBytes: -1}
	if _, err := persistence.OpenCommitter(nil, bad); err == nil {
		t.Error("negative bounds were taken")
	}
}
