package wire

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/persistence"
)

func appendRecords(dst []byte, num protowire.Number, list []persistence.Record) []byte {
	for i := range list {
		r := &list[i]
		var mark opening
		dst, mark = begin(dst, num, recordSize(r))
		dst = appendUint(dst, 1, r.Epoch)
		dst = appendUint(dst, 2, r.Seq)
		dst = appendInt(dst, 3, r.Time)
		dst = appendText(dst, 4, r.Event)
		dst = appendBytes(dst, 5, r.Data)
		dst = end(dst, mark)
	}
	return dst
}

// recordSize guesses how many bytes a record takes.
func recordSize(r *persistence.Record) int {
	const rest = 40 // numbers, tags and lengths
	return rest + len(r.Event) + len(r.Data)
}

// record reads a record and adds it to list.
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
			r.Data = n.kept(persistence.MaxDataBytes)
		default:
			n.skip()
		}
	}
	n.want(r.Seq != 0)
	d.leave(&n)
	return append(list, r)
}

func appendKey(dst []byte, num protowire.Number, k *persistence.KeyEntry) []byte {
	dst, mark := begin(dst, num, small+len(k.Answer))
	dst = appendUint(dst, 1, uint64(k.Slot))
	dst = appendHash(dst, 2, &k.Hash)
	dst = appendHash(dst, 3, &k.Body)
	dst = appendUint(dst, 4, k.At.Epoch)
	dst = appendUint(dst, 5, k.At.Seq)
	dst = appendInt(dst, 6, k.Time)
	dst = appendUint(dst, 7, k.Turn)
	dst = appendBytes(dst, 8, k.Answer)
	return end(dst, mark)
}

// key reads a key entry. Its answer is copied: it outlives the rest of the
// message by far.
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
		case 7:
			k.Turn = n.uint()
		case 8:
			k.Answer = bytes.Clone(n.bytes(persistence.MaxAnswerBytes))
		default:
			n.skip()
		}
	}
	n.want(k.Turn != 0)
	d.leave(&n)
	return k
}
