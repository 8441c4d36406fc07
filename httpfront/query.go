package httpfront

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/parlor-sse/parlor/actors"
)

// Bounds of a query.
const (
	maxRooms  = actors.MaxRoomsPerStream
	maxParams = maxRooms + 20 // parameters in all: the rooms and every other one there is
)

// query is a parsed query: its parameters in their order. The strings share
// one copy of the query, so what outlives the request has to be cloned.
type query []param

type param struct{ key, value string }

// parseQuery decodes a query strictly: an escape is %XX, a plus is a space, the
// decoded text is UTF-8, and there are at most maxParams parameters.
func parseQuery(raw []byte) (query, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if bytes.IndexByte(raw, '#') >= 0 {
		return nil, errQuery
	}
	n := bytes.Count(raw, []byte{'&'}) + 1
	if n > maxParams {
		return nil, errManyParams
	}
	q := make(query, 0, n)
	for pair := range strings.SplitSeq(string(raw), "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		key, ok1 := unescape(key, true)
		value, ok2 := unescape(value, true)
		if !ok1 || !ok2 {
			return nil, errQuery
		}
		q = append(q, param{key, value})
	}
	return q, nil
}

// unescape decodes %XX, and plus as a space if asked. It reports false for
// anything else that starts with a percent sign, and for what is not UTF-8.
func unescape(s string, plus bool) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, utf8.ValidString(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) {
				return "", false
			}
			hi, ok1 := fromHex(s[i+1])
			lo, ok2 := fromHex(s[i+2])
			if !ok1 || !ok2 {
				return "", false
			}
			out = append(out, hi<<4|lo)
			i += 2
		case c == '+' && plus:
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return string(out), utf8.Valid(out)
}

func fromHex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// all returns the values of a parameter, in their order.
func (q query) all(key string) []string {
	var values []string
	for _, p := range q {
		if p.key == key {
			values = append(values, p.value)
		}
	}
	return values
}

// has reports whether a parameter was given, be it empty.
func (q query) has(key string) bool {
	for _, p := range q {
		if p.key == key {
			return true
		}
	}
	return false
}

// one returns the value of a parameter that may be given at most once, and ""
// if it was not. Which of two a client means is not for us to guess.
func (q query) one(key string) (string, error) {
	found := false
	value := ""
	for _, p := range q {
		if p.key != key {
			continue
		}
		if found {
			return "", paramRefused(key, "may be given only once")
		}
		found, value = true, p.value
	}
	return value, nil
}
