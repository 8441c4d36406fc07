package wire

import (
	"bytes"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// decoder reads the fields of one message. Methods that read a field read the
// one that next found. After the first field that does not fit, next is false
// and everything else yields zero values: callers check bad once, at the end.
// Nothing is allocated on the word of a length alone.
type decoder struct {
	rest []byte
	num  protowire.Number // of the field that next found
	typ  protowire.Type
	big  bool // the whole message is larger than shareBytes
	bad  bool
}

// shareBytes is the size up to which a message may stay in memory as long as
// any of its records.
const shareBytes = 64 << 10

// next finds the next field. The caller has to read it, or to skip it.
func (d *decoder) next() bool {
	if len(d.rest) == 0 {
		return false
	}
	num, typ, n := protowire.ConsumeTag(d.rest)
	if n < 0 {
		d.fail()
		return false
	}
	d.num, d.typ, d.rest = num, typ, d.rest[n:]
	return true
}

func (d *decoder) fail() {
	d.bad = true
	d.rest = nil
}

// skip passes over a field that this program does not know. Groups are refused:
// nobody writes them, and they nest.
func (d *decoder) skip() {
	if d.typ == protowire.StartGroupType || d.typ == protowire.EndGroupType {
		d.fail()
		return
	}
	n := protowire.ConsumeFieldValue(d.num, d.typ, d.rest)
	if n < 0 {
		d.fail()
		return
	}
	d.rest = d.rest[n:]
}

func (d *decoder) uint() uint64 {
	if d.typ != protowire.VarintType {
		d.fail()
		return 0
	}
	v, n := protowire.ConsumeVarint(d.rest)
	if n < 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) uint32() uint32 {
	v := d.uint()
	if v > math.MaxUint32 {
		d.fail()
		return 0
	}
	return uint32(v)
}

func (d *decoder) int64() int64 { return protowire.DecodeZigZag(d.uint()) }

func (d *decoder) int() int {
	v := d.int64()
	if int64(int(v)) != v {
		d.fail()
		return 0
	}
	return int(v)
}

func (d *decoder) bool() bool { return d.uint() != 0 }

// code reads a Code. One that only a newer program knows is as it came.
func (d *decoder) code() Code {
	v := d.uint()
	if v > math.MaxUint8 {
		d.fail()
		return 0
	}
	return Code(v)
}

// bytes reads at most limit bytes, which alias the input; nil for none.
func (d *decoder) bytes(limit int) []byte {
	if d.typ != protowire.BytesType {
		d.fail()
		return nil
	}
	b, n := protowire.ConsumeBytes(d.rest)
	if n < 0 || len(b) > limit {
		d.fail()
		return nil
	}
	d.rest = d.rest[n:]
	if len(b) == 0 {
		return nil
	}
	return b[:len(b):len(b)]
}

// kept reads at most limit bytes that are wanted for longer than the message.
// They are a copy if the message is big, else they alias the input.
func (d *decoder) kept(limit int) []byte {
	b := d.bytes(limit)
	if d.big {
		return bytes.Clone(b)
	}
	return b
}

func (d *decoder) text(limit int) string {
	b := d.bytes(limit)
	// The usual names come with nearly every message and need not be allocated.
	switch string(b) {
	case usualKind:
		return usualKind
	case usualEvent:
		return usualEvent
	}
	return string(b)
}

const (
	usualKind  = "room"
	usualEvent = "broadcast"
)

func (d *decoder) hash() (h [16]byte) {
	b := d.bytes(len(h))
	if len(b) != len(h) {
		d.fail()
		return h
	}
	copy(h[:], b)
	return h
}

// uints reads a packed list and adds it to list.
func (d *decoder) uints(list []uint64) []uint64 {
	b := d.bytes(math.MaxInt)
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			d.fail()
			return nil
		}
		list, b = append(list, v), b[n:]
	}
	return list
}

// nested returns a decoder of the nested message. It is to be given to leave.
func (d *decoder) nested() decoder {
	return decoder{rest: d.bytes(math.MaxInt), big: d.big}
}

// leave takes over what went wrong in a nested message.
func (d *decoder) leave(nested *decoder) {
	if nested.bad {
		d.fail()
	}
}

// want fails the message unless a condition on what was read holds.
func (d *decoder) want(ok bool) {
	if !ok {
		d.fail()
	}
}
