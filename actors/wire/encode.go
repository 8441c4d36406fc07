package wire

import "google.golang.org/protobuf/encoding/protowire"

// Fields with their zero value are left out, as protobuf does.

func appendUint(dst []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, num, protowire.VarintType)
	return protowire.AppendVarint(dst, v)
}

// appendInt writes a signed number so that small ones of either sign are short.
func appendInt(dst []byte, num protowire.Number, v int64) []byte {
	return appendUint(dst, num, protowire.EncodeZigZag(v))
}

func appendBool(dst []byte, num protowire.Number, v bool) []byte {
	return appendUint(dst, num, protowire.EncodeBool(v))
}

func appendText(dst []byte, num protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	return protowire.AppendString(dst, s)
}

func appendBytes(dst []byte, num protowire.Number, b []byte) []byte {
	if len(b) == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	return protowire.AppendBytes(dst, b)
}

// appendHash writes 16 bytes, unless all are zero.
func appendHash(dst []byte, num protowire.Number, h *[16]byte) []byte {
	if *h == [16]byte{} {
		return dst
	}
	return appendBytes(dst, num, h[:])
}

func appendUints(dst []byte, num protowire.Number, list []uint64) []byte {
	if len(list) == 0 {
		return dst
	}
	dst, mark := begin(dst, num, len(list))
	for _, v := range list {
		dst = protowire.AppendVarint(dst, v)
	}
	return end(dst, mark)
}

// opening is where a nested message began.
type opening struct {
	at       int // index of the first byte of its content
	reserved int // bytes kept before it for its length
}

// begin opens a nested message of about so many bytes, the fields of which the
// caller appends next. A good guess saves end from moving them.
func begin(dst []byte, num protowire.Number, about int) ([]byte, opening) {
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	reserved := protowire.SizeVarint(uint64(about))
	for range reserved {
		dst = append(dst, 0)
	}
	return dst, opening{at: len(dst), reserved: reserved}
}

// end closes what begin opened: it writes the length before the content.
func end(dst []byte, o opening) []byte {
	size := len(dst) - o.at
	need := protowire.SizeVarint(uint64(size))
	for range need - o.reserved {
		dst = append(dst, 0)
	}
	head := o.at - o.reserved
	if need != o.reserved {
		copy(dst[head+need:], dst[o.at:o.at+size])
		dst = dst[:head+need+size]
	}
	protowire.AppendVarint(dst[head:head:head+need], uint64(size))
	return dst
}
