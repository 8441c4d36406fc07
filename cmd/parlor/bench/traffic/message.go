package traffic

import "bytes"

// Message identifies one published message, and says when it was sent.
type Message struct {
	Source uint32 // which publisher connection, below MaxSources
	N      uint32 // counts the messages of a source, from 0
	Sent   int64  // Clock time just before it was sent
}

// MaxSources bounds Message.Source: its place in a message has four digits.
const MaxSources = 10000

// A message is {"bench":"SSSS.NNNNNNNNNN.TTTTTTTTTTTTTTTTTTT","pad":"xxx"}:
// fixed widths, so that a reader finds the numbers without parsing JSON, and
// strings, because JSON numbers have no leading zeros.
const (
	messageKey    = `"bench":"`
	messageStart  = `{` + messageKey
	messageMiddle = `","pad":"`
	messageEnd    = `"}`

	sourceDigits = 4
	countDigits  = 10
	timeDigits   = 19
	stampLen     = sourceDigits + 1 + countDigits + 1 + timeDigits
)

// MinSize is the least number of bytes that a message takes.
const MinSize = len(messageStart) + stampLen + len(messageMiddle) + len(messageEnd)

// AppendMessage appends a message of exactly size bytes, or of MinSize if that
// is more.
func AppendMessage(dst []byte, m Message, size int) []byte {
	dst = append(dst, messageStart...)
	dst = appendDigits(dst, uint64(m.Source), sourceDigits)
	dst = append(dst, '.')
	dst = appendDigits(dst, uint64(m.N), countDigits)
	dst = append(dst, '.')
	dst = appendDigits(dst, uint64(max(m.Sent, 0)), timeDigits)
	dst = append(dst, messageMiddle...)
	dst = appendPadding(dst, size-MinSize, uint64(m.Source)<<32|uint64(m.N))
	return append(dst, messageEnd...)
}

// appendPadding appends n letters and digits that look random: a server that
// compresses what it stores must not have it easier than with real messages.
func appendPadding(dst []byte, n int, seed uint64) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	state := seed*0x9e3779b97f4a7c15 + 1 // xorshift must not start from 0
	var random uint64
	for i := range n {
		if i%10 == 0 {
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			random = state
		}
		dst = append(dst, letters[random&63])
		random >>= 6
	}
	return dst
}

// ParseMessage finds the message in data, which may hold more than it: servers
// add fields of their own.
func ParseMessage(data []byte) (Message, bool) {
	var at int
	if bytes.HasPrefix(data, []byte(messageStart)) {
		at = len(messageStart)
	} else if at = bytes.Index(data, []byte(messageKey)); at >= 0 {
		at += len(messageKey)
	} else {
		return Message{}, false
	}
	stamp := data[at:]
	if len(stamp) < stampLen {
		return Message{}, false
	}
	const countAt, timeAt = sourceDigits + 1, sourceDigits + 1 + countDigits + 1
	source, ok1 := digits(stamp[:sourceDigits])
	n, ok2 := digits(stamp[countAt : countAt+countDigits])
	sent, ok3 := digits(stamp[timeAt:stampLen])
	if !ok1 || !ok2 || !ok3 || stamp[countAt-1] != '.' || stamp[timeAt-1] != '.' {
		return Message{}, false
	}
	return Message{Source: uint32(source), N: uint32(n), Sent: int64(sent)}, true
}

// appendDigits appends v with leading zeros; digits beyond width are lost.
func appendDigits(dst []byte, v uint64, width int) []byte {
	at := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := at + width - 1; i >= at; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

// digits reads a number that is all of text.
func digits(text []byte) (v uint64, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	return v, true
}
