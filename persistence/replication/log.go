package replication

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// entry is a turn in memory.
type entry struct {
	turn *persistence.Turn
	end  uint64 // weight of all turns of the log up to and with this one
}

// log is what a copy holds, in memory: the newest turns, the newest messages,
// all keys, and all that is stored. Its window is contiguous and ends at the
// newest turn: window[i] is turn first()+i. A room whose turns count apart from
// its messages has no window when it was read from a disk or from a whole copy.
type log struct {
	head     persistence.Head
	window   []entry
	before   uint64               // weight of the turns that the window had before its first
	messages int                  // in the window's turns
	said     uint64               // what these weigh
	older    []persistence.Record // the newest messages from before the window
	aged     uint64               // what older weighs
	keys     map[uint32]persistence.KeyEntry
	answers  uint64               // bytes of what the keys remember
	storage  *persistence.Storage // the log's own; nil while nothing was stored
	opts     *Options
}

// clone returns a log that may be added to without changing l.
func (l *log) clone() log {
	n := *l
	n.window = slices.Clone(l.window)
	n.older = slices.Clone(l.older)
	n.keys = maps.Clone(l.keys)
	if l.storage != nil {
		n.storage = l.storage.Clone()
	}
	return n
}

// first returns the number of the oldest turn in memory, or that of the next
// turn if there is none.
func (l *log) first() uint64 { return l.head.Turn + 1 - uint64(len(l.window)) }

// reaches reports whether all turns after the turn are in memory.
func (l *log) reaches(turn uint64) bool { return turn <= l.head.Turn && turn+1 >= l.first() }

// add appends a turn that follows.
func (l *log) add(t *persistence.Turn) {
	if t.Change != nil {
		if l.storage == nil {
			l.storage = persistence.NewStorage(nil)
		}
		l.storage.Apply(t.Change)
	}
	l.head = l.head.After(t, l.storage)
	if t.Key != nil {
		l.remember(*t.Key)
	}
	l.push(t)
}

func (l *log) remember(k persistence.KeyEntry) {
	if l.keys == nil {
		l.keys = make(map[uint32]persistence.KeyEntry)
	}
	l.answers += uint64(len(k.Answer)) - uint64(len(l.keys[k.Slot].Answer))
	l.keys[k.Slot] = k
}

func (l *log) push(t *persistence.Turn) {
	l.window = append(l.window, entry{turn: t, end: l.end() + turnSize(t)})
	l.messages += len(t.Records)
	l.said += recordsSize(t.Records)
}

// end returns the weight of all turns that the window has or had.
func (l *log) end() uint64 {
	if n := len(l.window); n > 0 {
		return l.window[n-1].end
	}
	return l.before
}

// size returns the weight of the turns in memory after from, up to and with to.
func (l *log) size(from, to uint64) uint64 {
	end := func(turn uint64) uint64 {
		if turn < l.first() {
			return l.before
		}
		return l.window[min(turn, l.head.Turn)-l.first()].end
	}
	if len(l.window) == 0 || to <= from {
		return 0
	}
	return end(to) - end(from)
}

// after returns the turns after from, up to and with to: as many as weigh at
// most limit bytes, but at least one. All of them must be in memory.
func (l *log) after(from, to, limit uint64) []persistence.Turn {
	if from >= to {
		return nil
	}
	part := l.window[from+1-l.first() : to+1-l.first()]
	n := 1
	for n < len(part) && l.size(from, from+uint64(n)+1) <= limit {
		n++
	}
	turns := make([]persistence.Turn, n)
	for i := range turns {
		turns[i] = *part[i].turn
	}
	return turns
}
