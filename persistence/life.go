package persistence

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Next returns the life that follows l: above it, and at least now, in unix
// milliseconds. The zero Life is followed by a first one without a past.
func (l Life) Next(now uint64) Life {
	if l.Epoch == 0 {
		return Life{Epoch: max(now, 1)}
	}
	past := append(slices.Clone(l.Past), l.Epoch)
	return Life{
		Epoch: max(now, l.Epoch+1),
		Past:  past[max(0, len(past)-MaxSpans):],
	}
}

const (
	tagLife     = 'L'
	lifeVersion = 1
)

// AppendLife appends the stored form of l to dst and returns the extended
// slice.
func AppendLife(dst []byte, l Life) []byte {
	start := len(dst)
	dst = append(dst, tagLife, lifeVersion)
	dst = binary.AppendUvarint(dst, l.Epoch)
	dst = binary.AppendUvarint(dst, uint64(len(l.Past)))
	for _, e := range l.Past {
		dst = binary.AppendUvarint(dst, e)
	}
	return seal(dst, start)
}

// DecodeLife reads what AppendLife wrote. Damaged bytes are ErrCorrupt, bytes
// of a newer version ErrFormat.
func DecodeLife(b []byte) (Life, error) {
	d, err := unseal(b, tagLife, lifeVersion)
	if err != nil {
		return Life{}, fmt.Errorf("decode life: %w", err)
	}
	l := Life{Epoch: d.uvarint()}
	past := d.uvarint()
	if past > MaxSpans {
		return Life{}, fmt.Errorf("decode life: %d earlier lives: %w", past, ErrCorrupt)
	}
	for range past {
		l.Past = append(l.Past, d.uvarint())
	}
	if err := d.done(); err != nil {
		return Life{}, fmt.Errorf("decode life: %w", err)
	}
	return l, nil
}
