package ssecheck

import "strconv"

// Position is a message's place in its room: what the server prints as the
// event's id, epoch-seq.
type Position struct {
	Epoch uint64
	Seq   uint64
}

// After reports whether p comes later than other.
func (p Position) After(other Position) bool {
	if p.Epoch != other.Epoch {
		return p.Epoch > other.Epoch
	}
	return p.Seq > other.Seq
}

// String is the position as an event id.
func (p Position) String() string {
	return strconv.FormatUint(p.Epoch, 10) + "-" + strconv.FormatUint(p.Seq, 10)
}

// maxDigits bounds a number in an id, so that it cannot overflow.
const maxDigits = 19

// ParsePosition reads an event id. It allocates nothing.
func ParsePosition(text []byte) (Position, bool) {
	epoch, rest, ok := number(text)
	if !ok || len(rest) == 0 || rest[0] != '-' {
		return Position{}, false
	}
	seq, rest, ok := number(rest[1:])
	if !ok || len(rest) != 0 {
		return Position{}, false
	}
	return Position{Epoch: epoch, Seq: seq}, true
}

// number reads the decimal digits at the start of text.
func number(text []byte) (v uint64, rest []byte, ok bool) {
	i := 0
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		v = v*10 + uint64(text[i]-'0')
	}
	return v, text[i:], 0 < i && i <= maxDigits
}
