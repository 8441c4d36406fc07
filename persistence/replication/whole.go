package replication

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// loadLog returns the log that a disk holds.
func loadLog(s *persistence.State, o *Options) log {
	return newLog(persistence.Copy{Head: s.Head, History: s.History, Keys: s.Keys, Storage: s.Storage}, o)
}

// newLog returns the log that the copy holds. The copy is not changed, its bytes
// are shared. As long as every turn was a message, the turns can be told from the
// messages, and the newest of them be given to who lacks them.
func newLog(c persistence.Copy, o *Options) log {
	l := log{head: c.Head, keys: make(map[uint32]persistence.KeyEntry, len(c.Keys)), opts: o}
	if c.Storage.Len() > 0 {
		l.storage = c.Storage.Clone()
	}
	of := make(map[uint64]*persistence.KeyEntry, len(c.Keys))
	for i := range c.Keys {
		k := &c.Keys[i]
		l.remember(*k)
		of[k.Turn] = k
	}
	if c.Uneven {
		l.age(c.History)
	} else {
		for i := range c.History {
			l.push(&persistence.Turn{Records: c.History[i : i+1 : i+1], Key: of[c.History[i].Seq]})
		}
	}
	l.trim(l.head.Turn)
	return l
}

// whole returns a copy with the newest messages, of which at most limit bytes,
// but no fewer than the store keeps. It stays what it is when the log goes on.
func (l *log) whole(limit uint64) persistence.Copy {
	c := persistence.Copy{Head: l.head}
	if n := len(l.older) + l.messages; n > 0 {
		c.History = append(make([]persistence.Record, 0, n), l.older...)
	}
	for i := range l.window {
		c.History = append(c.History, l.window[i].turn.Records...)
	}
	size := l.aged + l.said
	for len(c.History) > l.opts.History && size > limit {
		size -= recordSize(&c.History[0])
		c.History = c.History[1:]
	}
	for _, slot := range slices.Sorted(maps.Keys(l.keys)) {
		c.Keys = append(c.Keys, l.keys[slot])
	}
	if l.storage.Len() > 0 {
		c.Storage = l.storage.Clone()
	}
	return c
}
