package gossip

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// metaVersion is the first byte of an encoded Meta. New fields do not change
// it, because decoders skip fields that they do not know.
const metaVersion = 1

// The numbers of Meta's fields. A number is never used again for another
// meaning.
const (
	fieldCluster protowire.Number = iota + 1
	fieldLife
	fieldRaft
	fieldPort
	fieldActors
	fieldRoles
	fieldExpect
	fieldReplicas
	fieldHistory
	fieldLeaving
	fieldStarted
	fieldHTTP
	fieldFarewell
)

// AppendMeta appends the encoded form of m to dst and returns the extended
// slice: a version byte, then fields in protobuf wire format, of which zero
// ones are left out.
func AppendMeta(dst []byte, m Meta) []byte {
	dst = append(dst, metaVersion)
	dst = appendText(dst, fieldCluster, m.Cluster)
	dst = appendNumber(dst, fieldLife, m.Life)
	dst = appendText(dst, fieldRaft, m.Raft)
	dst = appendNumber(dst, fieldPort, uint64(m.Port))
	dst = appendNumber(dst, fieldActors, uint64(m.Actors))
	dst = appendNumber(dst, fieldRoles, uint64(m.Roles))
	dst = appendNumber(dst, fieldExpect, uint64(m.Expect))
	dst = appendNumber(dst, fieldReplicas, uint64(m.Replicas))
	dst = appendNumber(dst, fieldHistory, uint64(m.History))
	dst = appendNumber(dst, fieldLeaving, protowire.EncodeBool(m.Leaving))
	dst = appendNumber(dst, fieldStarted, m.Started)
	dst = appendText(dst, fieldHTTP, m.HTTP)
	return appendNumber(dst, fieldFarewell, protowire.EncodeBool(m.farewell))
}

func appendText(dst []byte, field protowire.Number, text string) []byte {
	if text == "" {
		return dst
	}
	dst = protowire.AppendTag(dst, field, protowire.BytesType)
	return protowire.AppendString(dst, text)
}

func appendNumber(dst []byte, field protowire.Number, n uint64) []byte {
	if n == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, field, protowire.VarintType)
	return protowire.AppendVarint(dst, n)
}

// DecodeMeta reads what AppendMeta wrote, in this version or a later
// compatible one. It keeps nothing of b. Anything else is ErrMalformed, or
// ErrVersion.
func DecodeMeta(b []byte) (Meta, error) {
	switch {
	case len(b) == 0 || len(b) > MaxMeta:
		return Meta{}, fmt.Errorf("decode metadata: %d bytes: %w", len(b), ErrMalformed)
	case b[0] != metaVersion:
		return Meta{}, fmt.Errorf("decode metadata: version %d: %w", b[0], ErrVersion)
	}
	var m Meta
	for b = b[1:]; len(b) > 0; {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Meta{}, fmt.Errorf("decode metadata: tag: %w", ErrMalformed)
		}
		b = b[n:]
		if n = m.decodeField(field, kind, b); n < 0 {
			return Meta{}, fmt.Errorf("decode metadata: field %d: %w", field, ErrMalformed)
		}
		b = b[n:]
	}
	return m, nil
}

// decodeField reads the value of field at the start of b. It returns its
// length, or a negative number for one that cannot be.
func (m *Meta) decodeField(field protowire.Number, kind protowire.Type, b []byte) (n int) {
	switch field {
	case fieldCluster:
		return decodeText(&m.Cluster, kind, b)
	case fieldLife:
		return decodeNumber(&m.Life, math.MaxUint64, kind, b)
	case fieldRaft:
		return decodeText(&m.Raft, kind, b)
	case fieldPort:
		return decodeNumber(&m.Port, math.MaxUint16, kind, b)
	case fieldActors:
		return decodeNumber(&m.Actors, math.MaxUint16, kind, b)
	case fieldRoles:
		return decodeNumber(&m.Roles, math.MaxUint8, kind, b)
	case fieldExpect:
		return decodeNumber(&m.Expect, math.MaxUint8, kind, b)
	case fieldReplicas:
		return decodeNumber(&m.Replicas, math.MaxUint8, kind, b)
	case fieldHistory:
		return decodeNumber(&m.History, math.MaxUint16, kind, b)
	case fieldLeaving:
		return decodeBool(&m.Leaving, kind, b)
	case fieldStarted:
		return decodeNumber(&m.Started, math.MaxUint64, kind, b)
	case fieldHTTP:
		return decodeText(&m.HTTP, kind, b)
	case fieldFarewell:
		return decodeBool(&m.farewell, kind, b)
	default:
		return protowire.ConsumeFieldValue(field, kind, b)
	}
}

func decodeText(to *string, kind protowire.Type, b []byte) (n int) {
	if kind != protowire.BytesType {
		return -1
	}
	text, n := protowire.ConsumeString(b)
	if n < 0 || !printable(text) {
		return -1
	}
	*to = text
	return n
}

func decodeNumber[T ~uint8 | ~uint16 | ~uint64](to *T, limit uint64, kind protowire.Type, b []byte) (n int) {
	if kind != protowire.VarintType {
		return -1
	}
	v, n := protowire.ConsumeVarint(b)
	if n < 0 || v > limit {
		return -1
	}
	*to = T(v)
	return n
}

func decodeBool(to *bool, kind protowire.Type, b []byte) (n int) {
	var v uint8
	if n = decodeNumber(&v, 1, kind, b); n >= 0 {
		*to = v == 1
	}
	return n
}
