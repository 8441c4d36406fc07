package sse

import "bytes"

// window is how far lineEnd looks ahead for an LF before it looks for a CR. A
// bound keeps the work linear for text that has many of the one and none of
// the other.
const window = 1024

// lineEnd returns the index of the first CR or LF in b, or -1.
func lineEnd(b []byte) int {
	for off := 0; off < len(b); off += window {
		part := b[off:min(off+window, len(b))]
		lf := bytes.IndexByte(part, '\n')
		if lf >= 0 {
			part = part[:lf]
		}
		if cr := bytes.IndexByte(part, '\r'); cr >= 0 {
			return off + cr
		}
		if lf >= 0 {
			return off + lf
		}
	}
	return -1
}

// cutLine splits b after its first line. The line comes without its end, which
// is CRLF, LF or CR; more says whether there was one, and so another line.
func cutLine(b []byte) (line, rest []byte, more bool) {
	i := lineEnd(b)
	if i < 0 {
		return b, nil, false
	}
	if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
		return b[:i], b[i+2:], true
	}
	return b[:i], b[i+1:], true
}
