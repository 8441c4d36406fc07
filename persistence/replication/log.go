package replication

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// maxKeys bounds the idempotency keys of a room, far above what a room uses.
const maxKeys = 1 << 14

// entry is a record in memory, with the key that was written with it.
type entry struct {
	record persistence.Record
	key    *persistence.KeyEntry // nil without
	end    uint64                // bytes of all entries of the log up to and with this one
}

// log is what a copy holds, in memory: all keys, and the newest records. Its
// window is contiguous and ends at last: window[i] has seq first()+i.
type log struct {
	lineage persistence.Lineage // only epochs that hold a record
	last    persistence.Position
	window  []entry
	before  uint64 // bytes of the entries that the window had before its first
	keys    map[uint32]persistence.KeyEntry
	opts    *Options
}

func loadLog(s *persistence.State, o *Options) log {
	return newLog(persistence.Copy{Lineage: s.Lineage, Last: s.Last, History: s.History, Keys: s.Keys}, o)
}

// newLog returns the log that the copy holds. The copy is not changed, its
// bytes are shared.
func newLog(c persistence.Copy, o *Options) log {
	l := log{lineage: c.Lineage, last: c.Last, keys: make(map[uint32]persistence.KeyEntry, len(c.Keys)), opts: o}
	of := make(map[uint64]*persistence.KeyEntry, len(c.Keys))
	for i := range c.Keys {
		k := &c.Keys[i]
		l.keys[k.Slot] = *k
		of[k.At.Seq] = k
	}
	for i := range c.History {
		l.push(c.History[i], of[c.History[i].Seq])
	}
	l.trim()
	return l
}

// clone returns a log that may be appended to without changing l.
func (l *log) clone() log {
	n := *l
	n.window = slices.Clone(l.window)
	n.keys = maps.Clone(l.keys)
	return n
}

// first returns the seq of the oldest record in memory, or that of the next
// record if there is none.
func (l *log) first() uint64 { return l.last.Seq + 1 - uint64(len(l.window)) }

// reaches reports whether all records after seq are in memory.
func (l *log) reaches(seq uint64) bool { return seq <= l.last.Seq && seq+1 >= l.first() }

// add appends a record that follows.
func (l *log) add(r persistence.Record, key *persistence.KeyEntry) {
	if l.lineage.Current() != r.Epoch {
		l.lineage = l.lineage.Begin(r.Epoch, r.Seq)
	}
	l.last = r.Position
	if key != nil {
		if l.keys == nil {
			l.keys = make(map[uint32]persistence.KeyEntry)
		}
		l.keys[key.Slot] = *key
	}
	l.push(r, key)
	l.trim()
}

func (l *log) push(r persistence.Record, key *persistence.KeyEntry) {
	l.window = append(l.window, entry{record: r, key: key, end: l.total() + recordSize(&r)})
}

// recordSize is what a record weighs in memory and in a message, roughly.
func recordSize(r *persistence.Record) uint64 {
	const fixed = 96
	return fixed + uint64(len(r.Event)+len(r.Data))
}

func (l *log) total() uint64 {
	if n := len(l.window); n > 0 {
		return l.window[n-1].end
	}
	return l.before
}

// trim drops the oldest records until the window is within its bounds.
func (l *log) trim() {
	for n := len(l.window); n > l.opts.Window ||
		n > l.opts.History && l.total()-l.before > uint64(l.opts.WindowBytes); n = len(l.window) {
		l.before = l.window[0].end
		l.window[0] = entry{}
		l.window = l.window[1:]
	}
}

// size returns the bytes of the records in memory after from, up to and with
// to.
func (l *log) size(from, to uint64) uint64 {
	end := func(seq uint64) uint64 {
		if seq < l.first() {
			return l.before
		}
		return l.window[min(seq, l.last.Seq)-l.first()].end
	}
	if len(l.window) == 0 || to <= from {
		return 0
	}
	return end(to) - end(from)
}

// after returns records after seq, up to and with to, and the keys that were
// written with them: as many as weigh at most limit bytes, but at least one.
// All of them must be in memory.
func (l *log) after(seq, to, limit uint64) ([]persistence.Record, []persistence.KeyEntry) {
	if seq >= to {
		return nil, nil
	}
	part := l.window[seq+1-l.first() : to+1-l.first()]
	n := 1
	for n < len(part) && l.size(seq, seq+uint64(n)+1) <= limit {
		n++
	}
	records := make([]persistence.Record, n)
	var keys []persistence.KeyEntry
	for i := range records {
		records[i] = part[i].record
		if k := part[i].key; k != nil {
			keys = append(keys, *k)
		}
	}
	return records, keys
}

// whole returns a copy with the newest records, of which at most limit bytes,
// but no fewer than the store keeps.
func (l *log) whole(limit uint64) persistence.Copy {
	c := persistence.Copy{Lineage: l.lineage, Last: l.last}
	n := len(l.window)
	for n > l.opts.History && l.size(l.last.Seq-uint64(n), l.last.Seq) > limit {
		n--
	}
	c.History, _ = l.after(l.last.Seq-uint64(n), l.last.Seq, 1<<63)
	for _, slot := range slices.Sorted(maps.Keys(l.keys)) {
		c.Keys = append(c.Keys, l.keys[slot])
	}
	return c
}

// keyAt returns the key among keys that was written at the position, or nil.
func keyAt(keys []persistence.KeyEntry, p persistence.Position) *persistence.KeyEntry {
	for i := range keys {
		if keys[i].At == p {
			return &keys[i]
		}
	}
	return nil
}

// knows reports whether the slots of all keys are in use already.
func (l *log) knows(keys []persistence.KeyEntry) bool {
	for i := range keys {
		if _, ok := l.keys[keys[i].Slot]; !ok {
			return false
		}
	}
	return true
}
