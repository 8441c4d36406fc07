package pebblestore_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// benchRooms is the size of the store that BenchmarkOpen and BenchmarkLoad
// work on; a million is what a node is built for.
var benchRooms = flag.Int("rooms", 10_000, "rooms in the store of BenchmarkOpen and BenchmarkLoad")

func benchRoom(i int) persistence.RoomKey {
	return persistence.RoomKey{Kind: "room", Name: fmt.Sprintf("room-%07d", i)}
}

func benchWrite(key persistence.RoomKey, seq uint64) persistence.Write {
	at := persistence.Position{Epoch: 1_700_000_000_000, Seq: seq}
	return persistence.Write{
		Room: key,
		Turn: &persistence.Turn{Records: []persistence.Record{{
			Position: at, Time: 1_700_000_000_000, Event: "broadcast", Data: make([]byte, 200),
		}}},
		Head: persistence.Head{Turn: seq, Last: at, Lineage: persistence.Lineage{{Epoch: at.Epoch, First: 1}}},
	}
}

// renumber makes the write the room's message at seq.
func renumber(w *persistence.Write, room persistence.RoomKey, seq uint64) {
	w.Room, w.Head.Turn, w.Head.Last.Seq = room, seq, seq
	w.Turn.Records[0].Seq = seq
}

func benchConfig(b *testing.B) pebblestore.Config {
	cfg := testConfig(b)
	cfg.CacheBytes, cfg.MemTableBytes = 0, 0
	return cfg
}

func closeBench(b *testing.B, s *pebblestore.Store) {
	b.Helper()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCommit makes batches of writes to 1,000 rooms durable.
func BenchmarkCommit(b *testing.B) {
	for _, sync := range []bool{true, false} {
		for _, size := range []int{1, 10, 100, 1000, 10000} {
			b.Run(fmt.Sprintf("sync=%v/writes=%d", sync, size), func(b *testing.B) {
				cfg := benchConfig(b)
				cfg.Sync = sync
				s := open(b, b.TempDir(), cfg)
				defer closeBench(b, s)
				// The writes are made once and only renumbered: making them is the
				// rooms' work.
				batch := make([]persistence.Write, size)
				rooms := make([]persistence.RoomKey, 1000)
				for i := range rooms {
					rooms[i] = benchRoom(i)
				}
				for i := range batch {
					batch[i] = benchWrite(rooms[0], 1)
				}
				seqs := make([]uint64, len(rooms))
				next := 0
				for b.Loop() {
					for i := range batch {
						at := next % len(seqs)
						next++
						seqs[at]++
						renumber(&batch[i], rooms[at], seqs[at])
					}
					if err := s.Commit(batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "writes/s")
			})
		}
	}
}

// BenchmarkCommitChange makes durable what 1,000 rooms store, in batches of 100:
// an item of 200 bytes in the place of an older one, with a message or an alarm.
func BenchmarkCommitChange(b *testing.B) {
	const size = 100
	for _, kind := range []string{"item", "message", "alarm"} {
		b.Run(kind, func(b *testing.B) {
			cfg := benchConfig(b)
			cfg.Sync = false
			s := open(b, b.TempDir(), cfg)
			defer closeBench(b, s)
			heads := make([]persistence.Head, 1000)
			batch := make([]persistence.Write, size)
			next := 0
			for b.Loop() {
				for i := range batch {
					at := next % len(heads)
					next++
					items := []persistence.Item{{Key: "item", Value: make([]byte, 200)}}
					turn := &persistence.Turn{Change: &persistence.Change{Puts: items}}
					switch kind {
					case "message":
						turn.Records = benchWrite(benchRoom(at), heads[at].Last.Seq+1).Turn.Records
					case "alarm":
						turn.Change.Alarm = &persistence.Alarm{At: int64(next)}
					}
					heads[at] = heads[at].After(turn, nil)
					heads[at].Items, heads[at].Bytes = 1, 204
					batch[i] = persistence.Write{Room: benchRoom(at), Turn: turn, Head: heads[at]}
				}
				if err := s.Commit(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

// BenchmarkCopy has copies of ten messages take the place of nothing, or of
// other copies, and ends them, in batches of 100 among many rooms.
func BenchmarkCopy(b *testing.B) {
	const size = 100
	fence := &persistence.Fence{Promised: 1}
	c := &persistence.Copy{Head: benchWrite(benchRoom(0), 10).Head}
	for seq := range uint64(10) {
		c.History = append(c.History, benchWrite(benchRoom(0), seq+1).Turn.Records...)
	}
	for name, write := range map[string]func(i int) persistence.Write{
		"new": func(i int) persistence.Write {
			return persistence.Write{Room: benchRoom(*benchRooms + i), Fence: fence, Copy: c}
		},
		"over": func(i int) persistence.Write {
			return persistence.Write{Room: benchRoom(i % *benchRooms), Fence: fence, Copy: c}
		},
		"end": func(i int) persistence.Write {
			return persistence.Write{Room: benchRoom(i % *benchRooms), Forget: true}
		},
	} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			fillBench(b, dir, *benchRooms, 10)
			cfg := benchConfig(b)
			cfg.Sync = false
			s := open(b, dir, cfg)
			defer closeBench(b, s)
			batch := make([]persistence.Write, size)
			next := 0
			for b.Loop() {
				for i := range batch {
					batch[i] = write(next)
					next++
				}
				if err := s.Commit(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

// fillBench makes a store of rooms with records messages each.
func fillBench(b *testing.B, dir string, rooms, records int) {
	b.Helper()
	s := open(b, dir, benchConfig(b))
	batch := make([]persistence.Write, 0, 10_000)
	for i := range rooms {
		for seq := range records {
			batch = append(batch, benchWrite(benchRoom(i), uint64(seq+1)))
		}
		if len(batch)+records > cap(batch) || i == rooms-1 {
			if err := s.Commit(batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	closeBench(b, s)
}

// BenchmarkOpen opens and closes a store of many sleeping rooms.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	fillBench(b, dir, *benchRooms, 10)
	var opening time.Duration
	for b.Loop() {
		start := time.Now()
		s := open(b, dir, benchConfig(b))
		opening += time.Since(start)
		closeBench(b, s)
	}
	b.ReportMetric(opening.Seconds()*1000/float64(b.N), "open-ms")
}

// BenchmarkLoad loads rooms of a store of many.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	fillBench(b, dir, *benchRooms, 10)
	s := open(b, dir, benchConfig(b))
	defer closeBench(b, s)
	load := func(room func(i int) persistence.RoomKey) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i += 7919 // a prime: a walk without a pattern
				if _, err := s.Load(room(i % *benchRooms)); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("known", load(benchRoom))
	b.Run("unknown", load(func(i int) persistence.RoomKey {
		key := benchRoom(i)
		key.Name += "x"
		return key
	}))
}

// BenchmarkRooms walks over all rooms of a store.
func BenchmarkRooms(b *testing.B) {
	dir := b.TempDir()
	fillBench(b, dir, *benchRooms, 10)
	s := open(b, dir, benchConfig(b))
	defer closeBench(b, s)
	for b.Loop() {
		n := 0
		err := s.Rooms(persistence.RoomKey{}, func(persistence.RoomKey, persistence.Position) bool {
			n++
			return true
		})
		if err != nil || n != *benchRooms {
			b.Fatal(n, err)
		}
	}
}
