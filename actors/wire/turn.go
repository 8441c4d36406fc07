package wire

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/persistence"
)

func appendTurns(dst []byte, num protowire.Number, list []persistence.Turn) []byte {
	for i := range list {
		t := &list[i]
		var mark opening
		dst, mark = begin(dst, num, turnSize(t))
		dst = appendRecords(dst, 1, t.Records)
		if t.Key != nil {
			dst = appendKey(dst, 2, t.Key)
		}
		if t.Change != nil {
			dst = appendChange(dst, 3, t.Change)
		}
		dst = end(dst, mark)
	}
	return dst
}

// turnSize guesses how many bytes a turn takes.
func turnSize(t *persistence.Turn) (n int) {
	for i := range t.Records {
		n += recordSize(&t.Records[i])
	}
	if t.Key != nil {
		n += small + len(t.Key.Answer)
	}
	if t.Change != nil {
		n += changeSize(t.Change)
	}
	return n
}

// turnsSize guesses how many bytes turns take.
func turnsSize(list []persistence.Turn) (n int) {
	for i := range list {
		n += small + turnSize(&list[i])
	}
	return n
}

// turn reads a turn and adds it to list.
func (d *decoder) turn(list []persistence.Turn) []persistence.Turn {
	var t persistence.Turn
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			t.Records = n.record(t.Records)
		case 2:
			k := n.key()
			t.Key = &k
		case 3:
			t.Change = n.change()
		default:
			n.skip()
		}
	}
	n.want(t.Check() == nil)
	d.leave(&n)
	return append(list, t)
}

func appendChange(dst []byte, num protowire.Number, c *persistence.Change) []byte {
	dst, mark := begin(dst, num, changeSize(c))
	dst = appendBool(dst, 1, c.Clear)
	for i := range c.Puts {
		dst = appendItem(dst, 2, &c.Puts[i])
	}
	for _, key := range c.Deletes {
		dst = appendText(dst, 3, key)
	}
	if c.Alarm != nil {
		dst = appendAlarm(dst, 4, *c.Alarm)
	}
	return end(dst, mark)
}

// changeSize guesses how many bytes a change takes.
func changeSize(c *persistence.Change) int {
	n := small
	for i := range c.Puts {
		n += itemSize(len(c.Puts[i].Key) + len(c.Puts[i].Value))
	}
	for _, key := range c.Deletes {
		n += itemSize(len(key))
	}
	return n
}

func (d *decoder) change() *persistence.Change {
	c := new(persistence.Change)
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			c.Clear = n.bool()
		case 2:
			c.Puts = n.item(c.Puts)
		case 3:
			c.Deletes = append(c.Deletes, n.text(persistence.MaxKeyBytes))
		case 4:
			a := n.alarm()
			c.Alarm = &a
		default:
			n.skip()
		}
	}
	d.leave(&n)
	return c
}

// itemSize guesses how many bytes an item takes, given those of its texts.
func itemSize(texts int) int { return 10 + texts }

func appendItem(dst []byte, num protowire.Number, it *persistence.Item) []byte {
	dst, mark := begin(dst, num, itemSize(len(it.Key)+len(it.Value)))
	dst = appendText(dst, 1, it.Key)
	dst = appendBytes(dst, 2, it.Value)
	return end(dst, mark)
}

// item reads an item, which has to follow on those of list, and adds it. Its
// value is copied: it may be stored for years, and must not keep the rest of the
// message in memory.
func (d *decoder) item(list []persistence.Item) []persistence.Item {
	var it persistence.Item
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			it.Key = n.text(persistence.MaxKeyBytes)
		case 2:
			it.Value = bytes.Clone(n.bytes(persistence.MaxValueBytes))
		default:
			n.skip()
		}
	}
	n.want(it.Key != "" && (len(list) == 0 || list[len(list)-1].Key < it.Key))
	d.leave(&n)
	return append(list, it)
}

// appendAlarm appends an alarm, even that which is none.
func appendAlarm(dst []byte, num protowire.Number, a persistence.Alarm) []byte {
	dst, mark := begin(dst, num, small)
	dst = appendInt(dst, 1, a.At)
	dst = appendUint(dst, 2, uint64(a.Retry))
	return end(dst, mark)
}

func (d *decoder) alarm() (a persistence.Alarm) {
	n := d.nested()
	for n.next() {
		switch n.num {
		case 1:
			a.At = n.int64()
		case 2:
			a.Retry = n.uint32()
		default:
			n.skip()
		}
	}
	n.want(a.At >= 0)
	d.leave(&n)
	return a
}
