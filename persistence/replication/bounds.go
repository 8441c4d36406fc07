package replication

import "github.com/parlor-sse/parlor/persistence"

// maxLentBytes bounds what a window may grow by while members need its turns.
const maxLentBytes = 256 << 20

// What the parts of a turn weigh besides their texts, in memory and in a
// message, roughly.
const (
	turnWeight   = 64
	recordWeight = 96
	keyWeight    = 96
	itemWeight   = 64
)

func turnSize(t *persistence.Turn) uint64 {
	n := turnWeight + recordsSize(t.Records)
	if t.Key != nil {
		n += keyWeight + uint64(len(t.Key.Answer))
	}
	if c := t.Change; c != nil {
		for i := range c.Puts {
			n += itemWeight + uint64(len(c.Puts[i].Key)+len(c.Puts[i].Value))
		}
		for _, key := range c.Deletes {
			n += itemWeight + uint64(len(key))
		}
	}
	return n
}

func recordSize(r *persistence.Record) uint64 {
	return recordWeight + uint64(len(r.Event)+len(r.Data))
}

func recordsSize(records []persistence.Record) (n uint64) {
	for i := range records {
		n += recordSize(&records[i])
	}
	return n
}

// weight returns that of the turns and messages in memory.
func (l *log) weight() uint64 { return l.aged + l.end() - l.before }

// kept returns the weight of what a whole copy has besides messages.
func (l *log) kept() uint64 {
	return uint64(l.storage.Bytes()+itemWeight*l.storage.Len()+keyWeight*len(l.keys)) + l.answers
}

// bytes returns what a whole copy weighs, with all messages in memory.
func (l *log) bytes() uint64 { return l.kept() + l.aged + l.said }

// cheap reports whether the turns after from, up to and with to, are in memory
// and no more to send than a whole copy, or little anyway.
func (l *log) cheap(from, to uint64) bool {
	return l.reaches(from) && l.size(from, to) <= max(l.bytes(), uint64(l.opts.WindowBytes))
}

// over reports whether the log keeps more turns or messages than it should.
func (l *log) over() bool {
	return len(l.window) > l.opts.Window || len(l.older) > l.opts.Window || l.weight() > uint64(l.opts.WindowBytes)
}

// lent returns how much the window may weigh while a member needs its turns: it
// may grow by twice of what a whole copy takes besides messages. A member that
// takes a whole copy faster than turns of as many bytes are made therefore finds
// in memory what it lacks when it has got the copy, and one that is slower would
// not be helped by more.
func (l *log) lent() uint64 {
	return uint64(l.opts.WindowBytes) + min(2*l.kept(), maxLentBytes)
}

// trim drops what is oldest until the log is within its bounds: messages first
// that neither the history nor a turn in memory needs, then turns, but for the
// newest. Turns after the one that is given are needed by somebody; they stay as
// long as they are within what is lent.
func (l *log) trim(needed uint64) {
	for l.over() {
		switch {
		case len(l.older) > 0 && len(l.older)+l.messages > l.opts.History:
			l.aged -= recordSize(&l.older[0])
			l.older[0] = persistence.Record{}
			l.older = l.older[1:]
		case len(l.window) > 1 && (l.first() <= needed || l.weight() > l.lent()):
			l.shift()
		default:
			return
		}
	}
}

// shift drops the oldest turn, but for its messages.
func (l *log) shift() {
	e := l.window[0]
	l.window[0] = entry{}
	l.window, l.before = l.window[1:], e.end
	l.messages -= len(e.turn.Records)
	l.said -= recordsSize(e.turn.Records)
	l.age(e.turn.Records)
}

// age adds messages to those from before the window.
func (l *log) age(records []persistence.Record) {
	l.older = append(l.older, records...)
	l.aged += recordsSize(records)
}
