package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/persistence"
)

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

// appendHead appends a head, unless it is zero.
func appendHead(dst []byte, num protowire.Number, h *persistence.Head) []byte {
	before := len(dst)
	dst, mark := begin(dst, num, small*(1+len(h.Lineage)))
	dst = appendUint(dst, 1, h.Turn)
	dst = appendBool(dst, 2, h.Uneven)
	dst = appendPosition(dst, 3, h.Last)
	dst = appendLineage(dst, 4, h.Lineage)
	if h.Alarm != (persistence.Alarm{}) {
		dst = appendAlarm(dst, 5, h.Alarm)
	}
	dst = appendUint(dst, 6, h.Items)
	dst = appendUint(dst, 7, h.Bytes)
	if len(dst) == mark.at {
		return dst[:before]
	}
	return end(dst, mark)
}

func (d *decoder) head() (h persistence.Head) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			h.Turn = n.uint()
		case 2:
			h.Uneven = n.bool()
		case 3:
			h.Last = n.position()
		case 4:
			h.Lineage = n.span(h.Lineage)
		case 5:
			h.Alarm = n.alarm()
		case 6:
			h.Items = n.uint()
		case 7:
			h.Bytes = n.uint()
		default:
			n.skip()
		}
	}
	d.leave(&n)
	return h
}

// copySize guesses how many bytes a copy takes.
func copySize(c *persistence.Copy) int {
	n := small*(2+len(c.Lineage)) + c.Storage.Len()*itemSize(0) + c.Storage.Bytes()
	for i := range c.History {
		n += recordSize(&c.History[i])
	}
	for i := range c.Keys {
		n += small + len(c.Keys[i].Answer)
	}
	return n
}

// appendCopy appends a copy, unless it is zero.
func appendCopy(dst []byte, num protowire.Number, c *persistence.Copy) []byte {
	before := len(dst)
	dst, mark := begin(dst, num, copySize(c))
	dst = appendHead(dst, 1, &c.Head)
	dst = appendRecords(dst, 2, c.History)
	for i := range c.Keys {
		dst = appendKey(dst, 3, &c.Keys[i])
	}
	c.Storage.Ascend("", func(it persistence.Item) bool {
		dst = appendItem(dst, 4, &it)
		return true
	})
	if len(dst) == mark.at {
		return dst[:before]
	}
	return end(dst, mark)
}

// copy reads a copy. Whether its parts agree with each other is for whoever
// stores it to find out.
func (d *decoder) copy() (c persistence.Copy) {
	var items []persistence.Item
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			c.Head = n.head()
		case 2:
			c.History = n.record(c.History)
		case 3:
			c.Keys = append(c.Keys, n.key())
		case 4:
			items = n.item(items)
		default:
			n.skip()
		}
	}
	d.leave(&n)
	if len(items) > 0 {
		c.Storage = persistence.NewStorage(items)
	}
	return c
}
