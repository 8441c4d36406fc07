package agree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/raft"
)

func first(t *testing.T) Document {
	t.Helper()
	d, err := First("c", 3, 10, []Member{{Name: "b", Room: true}, {Name: "a", Room: true}})
	check(t, err)
	return d
}

func apply(f *fsm, c any) error {
	b, _ := json.Marshal(c)
	err, _ := f.Apply(&raft.Log{Data: b}).(error)
	return err
}

func TestMachineComparesAndSets(t *testing.T) {
	f := newFSM()
	_, changed := f.get()
	d := first(t)
	check(t, apply(f, command{If: 0, Next: d}))
	select {
	case <-changed:
	default:
		t.Fatal("nobody was told")
	}
	if err := apply(f, command{If: 0, Next: d}); !errors.Is(err, ErrStale) {
		t.Fatalf("the same again: %v", err)
	}
	skips := d.clone()
	skips.Number++
	if err := apply(f, command{If: 1, Next: skips}); !errors.Is(err, ErrStale) {
		t.Fatalf("a number was skipped: %v", err)
	}
	invalid := d.clone()
	invalid.Rings = nil
	if err := apply(f, command{If: 1, Next: invalid}); !errors.Is(err, ErrInvalid) {
		t.Fatalf("without rings: %v", err)
	}
	if err := apply(f, "nonsense"); err == nil {
		t.Fatal("nonsense was applied")
	}
	if now, _ := f.get(); !reflect.DeepEqual(now, d) {
		t.Fatalf("%+v", now)
	}
}

// sink is a snapshot in memory.
type sink struct{ bytes.Buffer }

func (s *sink) ID() string    { return "1" }
func (s *sink) Cancel() error { return nil }
func (s *sink) Close() error  { return nil }

func TestMachineRestoresItsSnapshot(t *testing.T) {
	f := newFSM()
	d := first(t)
	d.Done = map[string]Report{"a": {Version: 1, Life: 9}}
	check(t, apply(f, command{If: 0, Next: d}))
	snap, err := f.Snapshot()
	check(t, err)
	var s sink
	check(t, snap.Persist(&s))
	whole := s.String()
	other := newFSM()
	check(t, other.Restore(io.NopCloser(&s)))
	if now, _ := other.get(); !reflect.DeepEqual(now, d) {
		t.Fatalf("%+v", now)
	}
	for _, bad := range []string{"", whole[:len(whole)/2], `{"number":1,"cluster":"c","replicas":3}`} {
		if err := other.Restore(io.NopCloser(strings.NewReader(bad))); err == nil {
			t.Errorf("restored %q", bad)
		}
	}
	if now, _ := other.get(); !reflect.DeepEqual(now, d) {
		t.Fatalf("a bad snapshot changed the document to %+v", now)
	}
}

func TestValidate(t *testing.T) {
	check(t, Document{}.Validate())
	for name, spoil := range map[string]func(*Document){
		"no cluster":       func(d *Document) { d.Cluster = "" },
		"no replicas":      func(d *Document) { d.Replicas = 0 },
		"no rings":         func(d *Document) { d.Rings = nil },
		"too many rings":   func(d *Document) { d.Rings = make([]Ring, MaxRings+1) },
		"no members":       func(d *Document) { d.Rings[0].Members = nil },
		"not sorted":       func(d *Document) { d.Rings[0].Members[0].Name = "z" },
		"twice":            func(d *Document) { d.Rings[0].Members[0].Name = "b" },
		"no name":          func(d *Document) { d.Rings[0].Members[0].Name = "" },
		"unknown state":    func(d *Document) { d.Rings[0].Members[0].State = "odd" },
		"version zero":     func(d *Document) { d.Rings[0].Version = 0 },
		"placed later":     func(d *Document) { d.Rings[0].Placed = 2 },
		"versions go back": func(d *Document) { d.Rings = append(d.Rings, d.Rings[0]) },
	} {
		d := first(t)
		spoil(&d)
		if err := d.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServersNames(t *testing.T) {
	for _, s := range []Server{
		{Node: "n1", Store: "0123", Address: "127.0.0.1:1"},
		{Node: "a.b@c", Store: "0123", Address: "[::1]:1", Voter: true},
	} {
		suffrage := raft.Nonvoter
		if s.Voter {
			suffrage = raft.Voter
		}
		if got := fromRaft(raft.Server{ID: s.id(), Address: s.address(), Suffrage: suffrage}); got != s {
			t.Errorf("%+v became %+v", s, got)
		}
		if id, address := splitAddress(s.address()); id != s.id() || address != s.Address {
			t.Errorf("%s is taken for server %s at %s", s.address(), id, address)
		}
	}
}
