package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/persistence"
)

func appendRecords(dst []byte, num protowire.Number, list []persistence.Record) []byte {
	const rest = 40 // numbers, tags and lengths
	for i := range list {
		r := &list[i]
		var mark opening
		dst, mark = begin(dst, num, rest+len(r.Event)+len(r.Data))
		dst = appendUint(dst, 1, r.Epoch)
		dst = appendUint(dst, 2, r.Seq)
		dst = appendInt(dst, 3, r.Time)
		dst = appendText(dst, 4, r.Event)
		dst = appendBytes(dst, 5, r.Data)
		dst = end(dst, mark)
	}
	return dst
}

// record reads a record, whose data alias the input, and adds it to list.
func (d *decoder) record(list []persistence.Record) []persistence.Record {
	var r persistence.Record
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			r.Epoch = n.uint()
		case 2:
			r.Seq = n.uint()
		case 3:
			r.Time = n.int64()
		case 4:
			r.Event = n.text(persistence.MaxEventBytes)
		case 5:
			r.Data = n.bytes(persistence.MaxDataBytes)
		default:
			n.skip()
		}
	}
	n.want(r.Seq != 0)
	d.leave(&n)
	return append(list, r)
}

func appendKeys(dst []byte, num protowire.Number, list []persistence.KeyEntry) []byte {
	for i := range list {
		k := &list[i]
		var mark opening
		dst, mark = begin(dst, num, small)
		dst = appendUint(dst, 1, uint64(k.Slot))
		dst = appendHash(dst, 2, &k.Hash)
		dst = appendHash(dst, 3, &k.Body)
		dst = appendUint(dst, 4, k.At.Epoch)
		dst = appendUint(dst, 5, k.At.Seq)
		dst = appendInt(dst, 6, k.Time)
		dst = end(dst, mark)
	}
	return dst
}

func (d *decoder) key() (k persistence.KeyEntry) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			k.Slot = n.uint32()
		case 2:
			k.Hash = n.hash()
		case 3:
			k.Body = n.hash()
		case 4:
			k.At.Epoch = n.uint()
		case 5:
			k.At.Seq = n.uint()
		case 6:
			k.Time = n.int64()
		default:
			n.skip()
		}
	}
	n.want(k.At.Seq != 0)
	d.leave(&n)
	return k
}

func appendLineage(dst []byte, num protowire.Number, l persistence.Lineage) []byte {
	for _, s := range l {
		var mark opening
		dst, mark = begin(dst, num, small)
		dst = appendUint(dst, 1, s.Epoch)
		dst = appendUint(dst, 2, s.First)
		dst = end(dst, mark)
	}
	return dst
}

// span reads a span and adds it to a lineage, which is never longer than any
// can be.
func (d *decoder) span(l persistence.Lineage) persistence.Lineage {
	var s persistence.Span
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			s.Epoch = n.uint()
		case 2:
			s.First = n.uint()
		default:
			n.skip()
		}
	}
	n.want(len(l) < persistence.MaxSpans)
	d.leave(&n)
	return append(l, s)
}

// copySize guesses how many bytes a copy takes.
func copySize(c *persistence.Copy) int {
	n := small * (1 + len(c.History) + len(c.Keys))
	for i := range c.History {
		n += len(c.History[i].Data)
	}
	return n
}

func appendCopy(dst []byte, num protowire.Number, c *persistence.Copy) []byte {
	if c.Last == (persistence.Position{}) && len(c.Lineage)+len(c.History)+len(c.Keys) == 0 {
		return dst
	}
	dst, mark := begin(dst, num, copySize(c))
	dst = appendLineage(dst, 1, c.Lineage)
	dst = appendPosition(dst, 2, c.Last)
	dst = appendRecords(dst, 3, c.History)
	dst = appendKeys(dst, 4, c.Keys)
	return end(dst, mark)
}

// copy reads a copy; its records' data alias the input.
func (d *decoder) copy() (c persistence.Copy) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			c.Lineage = n.span(c.Lineage)
		case 2:
			c.Last = n.position()
		case 3:
			c.History = n.record(c.History)
		case 4:
			c.Keys = append(c.Keys, n.key())
		default:
			n.skip()
		}
	}
	d.leave(&n)
	return c
}
