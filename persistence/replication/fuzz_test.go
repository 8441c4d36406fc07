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
		c := replication.New(replication.Options{Self: "a", Life: 1, Incarnation: 1, Window: 8, WindowBytes: 1 << 10, History: 2},
			&persistence.State{Fence: persistence.Fence{Promised: s.small(), Ring: s.small()}, Damaged: s.small() == 1})
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

func (s *speller) keys() []persistence.KeyEntry {
	var k []persistence.KeyEntry
	for range s.small() % 3 {
		k = append(k, persistence.KeyEntry{Slot: uint32(s.small()), At: s.position()})
	}
	return k
}

func (s *speller) log() persistence.Copy {
	c := persistence.Copy{Last: s.position(), History: s.records(), Keys: s.keys()}
	for range s.small() % 4 {
		c.Lineage = append(c.Lineage, persistence.Span{Epoch: s.small(), First: s.small()})
	}
	return c
}

func (s *speller) message() replication.Message {
	c := s.claim()
	switch s.small() % 10 {
	case 0:
		return replication.Prepare{Claim: c}
	case 1:
		return replication.Promise{Claim: c, Life: s.small(), Accepted: s.small(), AcceptedRing: s.small(), Last: s.position(), Damaged: s.small() == 1}
	case 2:
		return replication.Refuse{Claim: c, Promised: s.small(), Ring: s.small()}
	case 3:
		return replication.Fetch{Claim: c, Accepted: s.small(), After: s.small()}
	case 4:
		return replication.Fetched{Claim: c, Accepted: s.small(), Partial: s.small() == 1, Log: s.log()}
	case 5:
		return replication.Sync{Claim: c, Birth: s.small(), BaseAccepted: s.small(), BaseSeq: s.small(), Log: s.log()}
	case 6:
		return replication.Append{Claim: c, Records: s.records(), Keys: s.keys()}
	case 7:
		return replication.Ack{Claim: c, Life: s.small(), Seq: s.small()}
	case 8:
		return replication.Behind{Claim: c, Life: s.small(), Accepted: s.small(), Last: s.position()}
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
		return replication.Propose{Record: persistence.Record{Position: s.position()}}
	case 3:
		return replication.Release{}
	case 4:
		return replication.Configure{Configs: configs[:s.small()%4]}
	case 5, 6, 7:
		return replication.Durable{N: min(undurable, int(s.small()%16))}
	}
	return replication.Receive{From: []string{"a", "b", "c", "d"}[s.small()%4], Message: s.message()}
}
