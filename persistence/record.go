package persistence

import (
	"encoding/binary"
	"fmt"
)

const recordVersion = 1

// AppendRecord appends the stored form of r to dst and returns the extended
// slice.
func AppendRecord(dst []byte, r *Record) []byte {
	start := len(dst)
	dst = append(dst, tagRecord, recordVersion)
	dst = binary.AppendUvarint(dst, r.Epoch)
	dst = binary.AppendUvarint(dst, r.Seq)
	dst = binary.AppendVarint(dst, r.Time)
	dst = binary.AppendUvarint(dst, uint64(len(r.Event)))
	dst = append(dst, r.Event...)
	dst = binary.AppendUvarint(dst, uint64(len(r.Data)))
	dst = append(dst, r.Data...)
	return seal(dst, start)
}

// DecodeRecord reads what AppendRecord wrote. The record's Data aliases b,
// which must not change from then on. Damaged bytes are ErrCorrupt, bytes of a
// newer version ErrFormat.
func DecodeRecord(b []byte) (Record, error) {
	d, err := unseal(b, tagRecord, recordVersion)
	if err != nil {
		return Record{}, fmt.Errorf("decode record: %w", err)
	}
	var r Record
	r.Epoch = d.uvarint()
	r.Seq = d.uvarint()
	r.Time = d.varint()
	r.Event = string(d.bytes())
	r.Data = d.bytes()
	if err := d.done(); err != nil {
		return Record{}, fmt.Errorf("decode record: %w", err)
	}
	return r, nil
}
