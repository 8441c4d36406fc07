package persistence

// ownerTally turns a batch's owners into one call an owner. It keeps its
// arrays from batch to batch, and no owner.
type ownerTally struct {
	counts []ownerCount
	index  map[Owner]int // of the owner in counts
}

type ownerCount struct {
	owner Owner
	n     int
}

// report calls Committed once for each of owners with the number of times it
// occurs, in the order of first occurrence.
func (t *ownerTally) report(owners []Owner, err error) {
	if t.index == nil {
		t.index = make(map[Owner]int)
	}
	at := 0
	for i, o := range owners {
		// Writes of one room tend to come in runs: these need no lookup.
		if i == 0 || o != owners[i-1] {
			at = t.find(o)
		}
		t.counts[at].n++
	}
	for i, c := range t.counts {
		c.owner.Committed(c.n, err)
		// One by one: clear would walk the whole map, which after one large
		// batch stays large.
		delete(t.index, c.owner)
		t.counts[i] = ownerCount{}
	}
	t.counts = t.counts[:0]
}

// find returns the owner's place in counts and makes one if it has none.
func (t *ownerTally) find(o Owner) int {
	at, ok := t.index[o]
	if !ok {
		at = len(t.counts)
		t.index[o] = at
		t.counts = append(t.counts, ownerCount{owner: o})
	}
	return at
}
