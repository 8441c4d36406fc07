package persistence

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Versions of a stored key entry. The first one knew neither turns, which in
// its time were messages, nor answers.
const (
	keyEntryOfMessage = 1
	keyEntryVersion   = 2
)

// AppendKeyEntry appends the stored form of e to dst and returns the extended
// slice.
func AppendKeyEntry(dst []byte, e *KeyEntry) []byte {
	start := len(dst)
	dst = append(dst, tagKeyEntry, keyEntryVersion)
	dst = binary.AppendUvarint(dst, uint64(e.Slot))
	dst = append(dst, e.Hash[:]...)
	dst = append(dst, e.Body[:]...)
	dst = binary.AppendUvarint(dst, e.At.Epoch)
	dst = binary.AppendUvarint(dst, e.At.Seq)
	dst = binary.AppendVarint(dst, e.Time)
	dst = binary.AppendUvarint(dst, e.Turn)
	dst = binary.AppendUvarint(dst, uint64(len(e.Answer)))
	dst = append(dst, e.Answer...)
	return seal(dst, start)
}

// DecodeKeyEntry reads what AppendKeyEntry wrote, in this version or in the one
// before turns; the entry does not alias b. Damaged bytes are ErrCorrupt, bytes
// of a newer version ErrFormat.
func DecodeKeyEntry(b []byte) (KeyEntry, error) {
	d, err := unseal(b, tagKeyEntry, keyEntryVersion)
	if err != nil {
		return KeyEntry{}, fmt.Errorf("decode key entry: %w", err)
	}
	var e KeyEntry
	e.Slot = d.uvarint32()
	copy(e.Hash[:], d.fixed(len(e.Hash)))
	copy(e.Body[:], d.fixed(len(e.Body)))
	e.At.Epoch = d.uvarint()
	e.At.Seq = d.uvarint()
	e.Time = d.varint()
	if d.version == keyEntryOfMessage {
		e.Turn = e.At.Seq
	} else {
		e.Turn = d.uvarint()
		if answer := d.bytes(); len(answer) > 0 {
			e.Answer = bytes.Clone(answer)
		}
	}
	if err := d.done(); err != nil {
		return KeyEntry{}, fmt.Errorf("decode key entry: %w", err)
	}
	return e, nil
}
