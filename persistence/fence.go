package persistence

import (
	"encoding/binary"
	"fmt"
)

// Fence is what a copy of a room has promised, and whom it follows. It is what
// keeps two owners of a room from both committing. The zero Fence has promised
// nothing.
type Fence struct {
	Promised uint64 // epoch below which nothing is accepted any more
	Holder   uint64 // incarnation of the owner that the epoch was promised to
	Ring     uint64 // version of the ring under which it was promised; older rings are refused

	Accepted     uint64 // epoch of the owner whose order the copy follows; at most Promised
	AcceptedRing uint64 // version of the ring under which that owner was established
	Birth        uint64 // epoch of the room's first owner; 0 while nobody is known to have owned it
}

const (
	tagFence     = 'F'
	fenceVersion = 1
)

// AppendFence appends the stored form of f to dst and returns the extended
// slice.
func AppendFence(dst []byte, f *Fence) []byte {
	start := len(dst)
	dst = append(dst, tagFence, fenceVersion)
	for _, v := range []uint64{f.Promised, f.Holder, f.Ring, f.Accepted, f.AcceptedRing, f.Birth} {
		dst = binary.AppendUvarint(dst, v)
	}
	return seal(dst, start)
}

// DecodeFence reads what AppendFence wrote. Damaged bytes, and bytes whose
// parts contradict each other, are ErrCorrupt; bytes of a newer version
// ErrFormat.
func DecodeFence(b []byte) (Fence, error) {
	d, err := unseal(b, tagFence, fenceVersion)
	if err != nil {
		return Fence{}, fmt.Errorf("decode fence: %w", err)
	}
	var f Fence
	for _, v := range []*uint64{&f.Promised, &f.Holder, &f.Ring, &f.Accepted, &f.AcceptedRing, &f.Birth} {
		*v = d.uvarint()
	}
	if err := d.done(); err != nil {
		return Fence{}, fmt.Errorf("decode fence: %w", err)
	}
	if !f.wellFormed() {
		return Fence{}, fmt.Errorf("decode fence %+v: %w", f, ErrCorrupt)
	}
	return f, nil
}

func (f *Fence) wellFormed() bool {
	return f.Accepted <= f.Promised && f.AcceptedRing <= f.Ring
}
