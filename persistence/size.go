package persistence

// What parts of a write weigh besides their texts, in bytes.
const (
	writeOverhead = 192 // the Write itself, its turn, a key entry, a fence, keys and checksums
	spanOverhead  = 12
	partOverhead  = 64 // a record after the first, an item, a key
)

// size is what the write weighs in a queue or batch, in bytes, within a few
// per cent.
func (w *Write) size() int {
	n := writeOverhead + len(w.Room.Kind) + len(w.Room.Name) + spanOverhead*len(w.Head.Lineage)
	if w.Turn != nil {
		n += w.Turn.size()
	}
	if c := w.Copy; c != nil {
		n += spanOverhead*len(c.Lineage) + partOverhead*(len(c.Keys)+len(c.History)+c.Storage.Len())
		n += recordsSize(c.History) + c.Storage.Bytes()
		for i := range c.Keys {
			n += len(c.Keys[i].Answer)
		}
	}
	return n
}

func (t *Turn) size() int {
	n := recordsSize(t.Records) + partOverhead*max(0, len(t.Records)-1)
	if t.Key != nil {
		n += len(t.Key.Answer)
	}
	if c := t.Change; c != nil {
		n += partOverhead * (len(c.Puts) + len(c.Deletes))
		for i := range c.Puts {
			n += c.Puts[i].size()
		}
		for _, key := range c.Deletes {
			n += len(key)
		}
	}
	return n
}

func recordsSize(records []Record) (n int) {
	for i := range records {
		n += len(records[i].Event) + len(records[i].Data)
	}
	return n
}
