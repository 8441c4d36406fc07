package httpfront

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/valyala/fasthttp"
)

// ofConnection reports whether a header, by its canonical name, says something
// of one connection, or of how a body is framed on it, and not of the message.
func ofConnection(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Te", "Transfer-Encoding", "Upgrade",
		"Trailer", "Proxy-Authenticate", "Proxy-Authorization", "Content-Length", "Expect":
		return true
	}
	return false
}

// endToEnd returns the headers of a request that are meant for whoever answers
// it, from lines that passed checkHead. Values are in their order.
func endToEnd(raw []byte) http.Header {
	header := make(http.Header)
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		name, value, ok := bytes.Cut(line, []byte{':'})
		if ok {
			header.Add(string(name), string(bytes.Trim(value, " \t")))
		}
	}
	return dropOfConnection(header)
}

// dropOfConnection removes from a header whose names are canonical what is only
// for the two ends of a connection: what is so by its name, and what Connection
// names. It returns the header.
func dropOfConnection(header http.Header) http.Header {
	for _, list := range header[fasthttp.HeaderConnection] {
		for name := range strings.SplitSeq(list, ",") {
			header.Del(strings.TrimSpace(name))
		}
	}
	for name := range header {
		if ofConnection(name) {
			delete(header, name)
		}
	}
	return header
}

// headerSize returns how many lines a header has, and the bytes of their names
// and values.
func headerSize(header http.Header) (lines, size int) {
	for name, values := range header {
		for _, value := range values {
			lines++
			size += len(name) + len(value)
		}
	}
	return lines, size
}

// validHeaderName reports whether name is a token, as names of headers are.
func validHeaderName(name string) bool { return consistsOf(name, "!#$%&'*+-.^_`|~") }

// consistsOf reports whether s has something in it, and nothing but letters and
// digits of ASCII, and the marks.
func consistsOf(s, marks string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte(marks, c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// validHeaderValue reports whether a value can't be taken for the end of its
// line, or for something else.
func validHeaderValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
