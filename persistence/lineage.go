package persistence

// MaxSpans bounds a Lineage.
const MaxSpans = 16

// Span says which epoch was in force from a sequence number on.
type Span struct {
	Epoch uint64
	First uint64 // seq of the first message the epoch may hold
}

// Lineage is a room's recent epochs, oldest first, at most MaxSpans. A span
// ends where the next begins; the last one is open. Both Epoch and First rise
// from span to span. It judges ids that clients bring back: which epoch
// committed seq n, and was that the epoch the client names.
//
// A Lineage is a value: Begin returns a new one and leaves its receiver as it
// was.
type Lineage []Span

// Begin returns the lineage after epoch took over and seq first is the next to
// be given. A span that never came to hold a message is replaced, so that
// empty epochs do not push out those that clients may still name.
func (l Lineage) Begin(epoch, first uint64) Lineage {
	keep := l
	for len(keep) > 0 && keep[len(keep)-1].First >= first {
		keep = keep[:len(keep)-1]
	}
	if len(keep) == MaxSpans {
		keep = keep[1:]
	}
	next := make(Lineage, 0, len(keep)+1)
	next = append(next, keep...)
	return append(next, Span{Epoch: epoch, First: first})
}

// EpochOf returns the epoch that held seq, or false when seq lies before the
// oldest span remembered.
func (l Lineage) EpochOf(seq uint64) (uint64, bool) {
	for i := len(l) - 1; i >= 0; i-- {
		if seq >= l[i].First {
			return l[i].Epoch, true
		}
	}
	return 0, false
}

// Admits reports whether a message may have been committed at p: under the
// epoch that held its seq, or, before the oldest span remembered, under some
// lower epoch.
func (l Lineage) Admits(p Position) bool {
	if len(l) == 0 {
		return false
	}
	epoch, ok := l.EpochOf(p.Seq)
	if !ok {
		return p.Epoch < l[0].Epoch
	}
	return p.Epoch == epoch
}

// Current returns the newest epoch, or 0 for an empty lineage.
func (l Lineage) Current() uint64 {
	if len(l) == 0 {
		return 0
	}
	return l[len(l)-1].Epoch
}

// Knows reports whether epoch is among the epochs remembered.
func (l Lineage) Knows(epoch uint64) bool {
	for _, s := range l {
		if s.Epoch == epoch {
			return true
		}
	}
	return false
}

// wellFormed reports whether the lineage is one that Begin can build: neither
// empty nor too long, rising in both numbers.
func (l Lineage) wellFormed() bool {
	if len(l) == 0 || len(l) > MaxSpans {
		return false
	}
	for i := 1; i < len(l); i++ {
		if l[i].Epoch <= l[i-1].Epoch || l[i].First <= l[i-1].First {
			return false
		}
	}
	return true
}
