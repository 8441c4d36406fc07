package persistence

import (
	"errors"
	"strconv"
	"strings"
)

// ErrMalformedPosition reports a text that is not "epoch-seq".
var ErrMalformedPosition = errors.New("malformed position")

// Position is a message's place in its room and, printed as "epoch-seq", its
// SSE id. Seq counts the room's messages from 1 without holes; Epoch is the
// fence number of the ownership that committed the message and never falls as
// Seq rises. Seq 0 is the place before the first message.
type Position struct {
	Epoch uint64
	Seq   uint64
}

// String returns the position as "epoch-seq".
func (p Position) String() string {
	var buf [41]byte
	return string(p.Append(buf[:0]))
}

// Append appends the position's text to dst and returns the extended slice.
func (p Position) Append(dst []byte) []byte {
	dst = strconv.AppendUint(dst, p.Epoch, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, p.Seq, 10)
}

// ParsePosition reads the text that Position.Append writes and nothing else:
// two decimal 64-bit numbers without sign, space or leading zero, joined by a
// hyphen. Every other text is ErrMalformedPosition.
func ParsePosition(s string) (Position, error) {
	epoch, seq, ok := strings.Cut(s, "-")
	if !ok {
		return Position{}, ErrMalformedPosition
	}
	e, ok := parseDecimal(epoch)
	if !ok {
		return Position{}, ErrMalformedPosition
	}
	q, ok := parseDecimal(seq)
	if !ok {
		return Position{}, ErrMalformedPosition
	}
	return Position{Epoch: e, Seq: q}, nil
}

// parseDecimal is strconv.ParseUint less the forms that would give one number
// two texts.
func parseDecimal(s string) (uint64, bool) {
	if len(s) == 0 || len(s) > 1 && s[0] == '0' || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}
