package persistence

import (
	"encoding/binary"
	"fmt"
)

// Meta is the fixed part of a room's state as a store on disk keeps it, which it
// rewrites with each turn.
type Meta struct {
	Head
	Slots uint32 // how many record slots the room's history is laid out in
}

// Versions of a stored meta. In the first one every turn was a message, and a
// room had neither storage nor an alarm.
const (
	metaOfMessages = 1
	metaVersion    = 2
)

// AppendMeta appends the stored form of m to dst and returns the extended
// slice. The head must be one that turns can leave behind.
func AppendMeta(dst []byte, m *Meta) []byte {
	start := len(dst)
	dst = append(dst, tagMeta, metaVersion)
	dst = binary.AppendUvarint(dst, m.Last.Epoch)
	dst = binary.AppendUvarint(dst, m.Last.Seq)
	dst = binary.AppendUvarint(dst, uint64(m.Slots))
	if m.Uneven {
		dst = append(dst, 1)
		dst = binary.AppendUvarint(dst, m.Turn)
		dst = binary.AppendUvarint(dst, uint64(m.Alarm.At))
		dst = binary.AppendUvarint(dst, uint64(m.Alarm.Retry))
		dst = binary.AppendUvarint(dst, m.Items)
		dst = binary.AppendUvarint(dst, m.Bytes)
	} else {
		dst = append(dst, 0) // the rest follows from Last
	}
	dst = binary.AppendUvarint(dst, uint64(len(m.Lineage)))
	for _, s := range m.Lineage {
		dst = binary.AppendUvarint(dst, s.Epoch)
		dst = binary.AppendUvarint(dst, s.First)
	}
	return seal(dst, start)
}

// DecodeMeta reads what AppendMeta wrote, in this version or in the one before
// turns; the meta does not alias b. Damaged bytes, and bytes whose parts
// contradict each other, are ErrCorrupt; bytes of a newer version ErrFormat.
func DecodeMeta(b []byte) (Meta, error) {
	d, err := unseal(b, tagMeta, metaVersion)
	if err != nil {
		return Meta{}, fmt.Errorf("decode meta: %w", err)
	}
	var m Meta
	m.Last.Epoch = d.uvarint()
	m.Last.Seq = d.uvarint()
	m.Slots = d.uvarint32()
	m.Uneven = d.version > metaOfMessages && d.flag()
	if m.Uneven {
		m.Turn = d.uvarint()
		m.Alarm.At = int64(d.uvarint())
		m.Alarm.Retry = d.uvarint32()
		m.Items = d.uvarint()
		m.Bytes = d.uvarint()
	} else {
		m.Turn = m.Last.Seq
	}
	spans := d.uvarint()
	if spans > MaxSpans {
		return Meta{}, fmt.Errorf("decode meta: lineage of %d spans: %w", spans, ErrCorrupt)
	}
	if spans > 0 {
		m.Lineage = make(Lineage, spans)
	}
	for i := range m.Lineage {
		m.Lineage[i] = Span{Epoch: d.uvarint(), First: d.uvarint()}
	}
	if err := d.done(); err != nil {
		return Meta{}, fmt.Errorf("decode meta: %w", err)
	}
	if m.Slots == 0 {
		return Meta{}, fmt.Errorf("decode meta: no slots: %w", ErrCorrupt)
	}
	if err := m.check(); err != nil {
		return Meta{}, fmt.Errorf("decode meta: %w: %w", err, ErrCorrupt)
	}
	return m, nil
}

// DecodeLast reads only the newest position from what AppendMeta wrote, and
// allocates nothing: for walks over all rooms. Its errors are those of
// DecodeMeta.
func DecodeLast(b []byte) (Position, error) {
	d, err := unseal(b, tagMeta, metaVersion)
	if err != nil {
		return Position{}, fmt.Errorf("decode meta: %w", err)
	}
	p := Position{Epoch: d.uvarint(), Seq: d.uvarint()}
	if d.bad {
		return Position{}, fmt.Errorf("decode meta: %w", ErrCorrupt)
	}
	return p, nil
}
