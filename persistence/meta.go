package persistence

import (
	"encoding/binary"
	"fmt"
)

// Meta is the fixed part of a room's state, which a store rewrites with each
// message.
type Meta struct {
	Last    Position // of the newest record
	Slots   uint32   // how many record slots the room's history is laid out in
	Lineage Lineage
}

const metaVersion = 1

// AppendMeta appends the stored form of m to dst and returns the extended
// slice. The lineage must be well formed and not empty.
func AppendMeta(dst []byte, m *Meta) []byte {
	start := len(dst)
	dst = append(dst, tagMeta, metaVersion)
	dst = binary.AppendUvarint(dst, m.Last.Epoch)
	dst = binary.AppendUvarint(dst, m.Last.Seq)
	dst = binary.AppendUvarint(dst, uint64(m.Slots))
	dst = binary.AppendUvarint(dst, uint64(len(m.Lineage)))
	for _, s := range m.Lineage {
		dst = binary.AppendUvarint(dst, s.Epoch)
		dst = binary.AppendUvarint(dst, s.First)
	}
	return seal(dst, start)
}

// DecodeMeta reads what AppendMeta wrote; the meta does not alias b. Damaged
// bytes, and bytes whose parts contradict each other, are ErrCorrupt; bytes of
// a newer version ErrFormat.
func DecodeMeta(b []byte) (Meta, error) {
	d, err := unseal(b, tagMeta, metaVersion)
	if err != nil {
		return Meta{}, fmt.Errorf("decode meta: %w", err)
	}
	var m Meta
	m.Last.Epoch = d.uvarint()
	m.Last.Seq = d.uvarint()
	m.Slots = d.uvarint32()
	spans := d.uvarint()
	if spans > MaxSpans {
		return Meta{}, fmt.Errorf("decode meta: lineage of %d spans: %w", spans, ErrCorrupt)
	}
	m.Lineage = make(Lineage, spans)
	for i := range m.Lineage {
		m.Lineage[i] = Span{Epoch: d.uvarint(), First: d.uvarint()}
	}
	if err := d.done(); err != nil {
		return Meta{}, fmt.Errorf("decode meta: %w", err)
	}
	if m.Slots == 0 || m.Last.Seq == 0 || !m.Lineage.wellFormed() || !m.Lineage.Admits(m.Last) {
		return Meta{}, fmt.Errorf("decode meta: lineage %v, last %v, %d slots: %w", m.Lineage, m.Last, m.Slots, ErrCorrupt)
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
