package persistence

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// Stored values share one frame:
//
//	tag (1 byte)  version (1 byte)  fields  CRC-32C of all before it (4 bytes, little endian)
//
// The tag says what the value is, so that a value found under a wrong key is
// not taken for another kind. Every version of every value ends in that
// checksum, so damage is told apart from a newer format: a sum that does not
// match is ErrCorrupt, a sound value of an unknown version is ErrFormat.
const (
	frameHead = 2
	frameTail = crc32.Size

	tagRecord   = 'R'
	tagMeta     = 'M'
	tagKeyEntry = 'K'
	tagItem     = 'S'
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal appends the checksum of the frame that begins at dst[start:].
func seal(dst []byte, start int) []byte { return sealUnder(dst, start, 0) }

// sealUnder is seal with a checksum that goes on from sum, that of what the
// value belongs to.
func sealUnder(dst []byte, start int, sum uint32) []byte {
	return binary.LittleEndian.AppendUint32(dst, crc32.Update(sum, castagnoli, dst[start:]))
}

// unseal checks the frame and returns a decoder of its fields, which are of the
// version given or an older one.
func unseal(b []byte, tag, version byte) (decoder, error) { return unsealUnder(b, tag, version, 0) }

// unsealUnder is unseal for what sealUnder sealed.
func unsealUnder(b []byte, tag, version byte, under uint32) (decoder, error) {
	if len(b) < frameHead+frameTail {
		return decoder{}, fmt.Errorf("%d bytes are too few: %w", len(b), ErrCorrupt)
	}
	body, sum := b[:len(b)-frameTail], binary.LittleEndian.Uint32(b[len(b)-frameTail:])
	if crc32.Update(under, castagnoli, body) != sum {
		return decoder{}, fmt.Errorf("checksum does not match: %w", ErrCorrupt)
	}
	if body[0] != tag {
		return decoder{}, fmt.Errorf("tag %q where %q belongs: %w", body[0], tag, ErrCorrupt)
	}
	switch v := body[1]; {
	case v == 0:
		return decoder{}, fmt.Errorf("version 0: %w", ErrCorrupt)
	case v > version:
		return decoder{}, fmt.Errorf("version %d, known is %d: %w", v, version, ErrFormat)
	}
	return decoder{rest: body[frameHead:], version: body[1]}, nil
}

// decoder reads fields one after the other. After the first field that does
// not fit it yields zero values, and done reports the failure: callers check
// once, at the end. It slices its input and allocates nothing.
type decoder struct {
	rest    []byte
	bad     bool
	version byte // of the frame
}

// uvarint reads a number in its shortest form; longer forms of the same number
// are refused, so that a value has one encoding.
func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || n > 1 && d.rest[n-1] == 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) uvarint32() uint32 {
	v := d.uvarint()
	if v > math.MaxUint32 {
		d.fail()
		return 0
	}
	return uint32(v)
}

// flag reads a byte that is 0 or 1.
func (d *decoder) flag() bool {
	v := d.uvarint()
	if v > 1 {
		d.fail()
	}
	return v == 1
}

func (d *decoder) varint() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// bytes reads a length and as many bytes, which alias the input.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	return d.fixed(int(n))
}

// fixed reads n bytes, which alias the input.
func (d *decoder) fixed(n int) []byte {
	if n > len(d.rest) {
		d.fail()
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) fail() {
	d.bad = true
	d.rest = nil
}

// done reports a field that did not fit, or bytes that no field accounts for.
func (d *decoder) done() error {
	if d.bad {
		return fmt.Errorf("fields end early or are malformed: %w", ErrCorrupt)
	}
	if len(d.rest) > 0 {
		return fmt.Errorf("%d bytes too many: %w", len(d.rest), ErrCorrupt)
	}
	return nil
}
