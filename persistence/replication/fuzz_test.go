package replication_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// FuzzCore gives one core whatever bytes spell: nothing may make it panic, ask
// for a write that no store takes, or keep more than its bounds.
func FuzzCore(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01\x00\x05\x01\x01\x00\x02\x00\x05\x01\x01\x03\x09\x03\x05\x05\x05\x00\x06\x05\x09"))
	f.Add([]byte{0, 1, 8, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 1, 1, 2, 2, 3, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &speller{bytes: b}
		c := replication.New(replication.Options{Self: "a", Life: 1, Incarnation: 1, Window: 8, WindowBytes: 1 << 10, History: 2, StorageBytes: 256},
			s.state())
		configs := []replication.Config{home(1, "a", "b", "c"), home(2, "a", "b"), home(3, "b", "a", "c")}
		c.Step(replication.Configure{Configs: configs[:1+s.small()%3]})
		undurable := 0
		for len(s.bytes) > 0 {
			e := c.Step(s.input(undurable, configs))
			undurable += len(e.Writes)
			for _, w := range e.Writes {
				w.Room = persistence.RoomKey{Kind: "room", Name: "x"}
				if err := w.Validate(); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range e.Sends {
				if f, ok := s.Message.(replication.Fetched); ok && len(f.Log.History) > 8 {
					t.Fatalf("%d records in memory", len(f.Log.History))
				}
			}
		}
	})
}

// state spells what a disk holds: nothing but a fence, or a room with something
// stored, which may be torn.
func (s *speller) state() *persistence.State {
	st := &persistence.State{Fence: persistence.Fence{Promised: s.small(), Ring: s.small()}, Damaged: s.small() == 1}
	if s.small()%2 == 0 {
		st.Storage = persistence.NewStorage([]persistence.Item{{Key: "k", Value: make([]byte, 8)}})
		st.Head = persistence.Head{Turn: 3, Uneven: true, Items: 1, Bytes: 9}
		if st.Damaged && s.small()%2 == 0 {
			st.Storage, st.Torn = nil, true
		}
	}
	return st
}

// speller makes inputs of bytes: small numbers, so that they meet each other.
type speller struct{ bytes []byte }

func (s *speller) small() uint64 {
	if len(s.bytes) == 0 {
		return 0
	}
	n := s.bytes[0]
	s.bytes = s.bytes[1:]
	if n == 255 {
		return 1<<64 - 1
	}
	return uint64(n % 16)
}

func (s *speller) claim() replication.Claim {
	return replication.Claim{Epoch: s.small(), Holder: s.small() % 4, Ring: s.small(), Since: s.small()}
}

func (s *speller) position() persistence.Position { return at(s.small(), s.small()) }

func (s *speller) records() []persistence.Record {
	var r []persistence.Record
	for range s.small() % 5 {
		r = append(r, persistence.Record{Position: s.position(), Data: make([]byte, s.small()%16)})
	}
	return r
}

func (s *speller) key() persistence.KeyEntry {
	return persistence.KeyEntry{Slot: uint32(s.small()), Turn: s.small(), At: s.position(), Answer: make([]byte, s.small()%4)}
}

func (s *speller) keys() []persistence.KeyEntry {
	var k []persistence.KeyEntry
	for range s.small() % 3 {
		k = append(k, s.key())
	}
	return k
}

func (s *speller) items() []persistence.Item {
	var items []persistence.Item
	for range s.small() % 3 {
		items = append(items, persistence.Item{Key: s.text(), Value: make([]byte, 8*s.small()%128)})
	}
	return items
}

func (s *speller) text() string { return string(make([]byte, s.small()%3)) }

func (s *speller) turn() persistence.Turn {
	t := persistence.Turn{Records: s.records()}
	if s.small()%4 == 0 {
		k := s.key()
		t.Key = &k
	}
	if s.small()%4 == 0 {
		t.Change = &persistence.Change{Clear: s.small() == 1, Puts: s.items()}
		if s.small()%2 == 0 {
			t.Change.Deletes = []string{s.text()}
		}
		if s.small()%2 == 0 {
			t.Change.Alarm = s.alarm()
		}
	}
	return t
}

func (s *speller) alarm() *persistence.Alarm {
	return &persistence.Alarm{At: int64(s.small()), Retry: uint32(s.small())}
}

func (s *speller) turns() []persistence.Turn {
	var turns []persistence.Turn
	for range s.small() % 4 {
		turns = append(turns, s.turn())
	}
	return turns
}

// log spells a copy: sometimes one whose parts fit together.
func (s *speller) log() persistence.Copy {
	c := persistence.Copy{History: s.records(), Keys: s.keys()}
	c.Turn, c.Uneven, c.Last, c.Alarm = s.small(), s.small()%2 == 0, s.position(), *s.alarm()
	for range s.small() % 4 {
		c.Lineage = append(c.Lineage, persistence.Span{Epoch: s.small(), First: s.small()})
	}
	if items := s.items(); len(items) > 0 {
		c.Storage = persistence.NewStorage(items)
		c.Items, c.Bytes = uint64(c.Storage.Len()), uint64(c.Storage.Bytes())
	}
	if s.small()%2 == 0 {
		c.Head = even(1+c.Turn%8, c.Turn%8)
		c.Keys, c.Storage, c.History = nil, nil, nil
		for seq := uint64(1); seq <= c.Turn; seq++ {
			c.History = append(c.History, rec(c.Last.Epoch, seq))
		}
	}
	return c
}

func (s *speller) message() replication.Message {
	c := s.claim()
	switch s.small() % 12 {
	case 0:
		return replication.Prepare{Claim: c}
	case 1:
		return replication.Promise{Claim: c, Life: s.small(), Accepted: s.small(), AcceptedRing: s.small(), Turn: s.small(),
			Last: s.position(), Bytes: s.small(), Damaged: s.small() == 1, Torn: s.small() == 1}
	case 2:
		return replication.Refuse{Claim: c, Promised: s.small(), Ring: s.small()}
	case 3:
		return replication.Fetch{Claim: c, Accepted: s.small(), After: s.small()}
	case 4:
		return replication.Fetched{Claim: c, Accepted: s.small(), Partial: s.small() == 1, Turns: s.turns(), Log: s.log()}
	case 5:
		return replication.Sync{Claim: c, Birth: s.small(), BaseAccepted: s.small(), BaseTurn: s.small(), Turns: s.turns(), Log: s.log()}
	case 6:
		return replication.Append{Claim: c, First: s.small(), Turns: s.turns()}
	case 7:
		return replication.Ack{Claim: c, Life: s.small(), Turn: s.small()}
	case 8:
		return replication.Behind{Claim: c, Life: s.small(), Accepted: s.small(), Turn: s.small()}
	case 9:
		return replication.Check{Claim: c, Round: s.small()}
	case 10:
		return replication.Checked{Claim: c, Life: s.small(), Round: s.small()}
	}
	return replication.Copied{Accepted: s.small(), AcceptedRing: s.small(), Birth: s.small(), Log: s.log()}
}

func (s *speller) input(undurable int, configs []replication.Config) replication.Input {
	switch s.small() {
	case 0:
		return replication.Acquire{Now: s.small()}
	case 1:
		return replication.Tick{Now: s.small()}
	case 2:
		return replication.Propose{Number: s.small(), Turn: s.turn()}
	case 3:
		return replication.Release{}
	case 4:
		return replication.Configure{Configs: configs[:s.small()%4]}
	case 5:
		return replication.Confirm{}
	case 6, 7:
		return replication.Durable{N: min(undurable, int(s.small()%16))}
	}
	return replication.Receive{From: []string{"a", "b", "c", "d"}[s.small()%4], Message: s.message()}
}
