package object

import (
	"bytes"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// deeper reports whether the brackets of a text that may or may not be JSON
// nest deeper than limit. It keeps hostile nesting from the parser.
func deeper(text []byte, limit int) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += skipString(text[i:]) - 1
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// skipString returns the length of the JSON string at the start of text, both
// quotes included, or of all of text if the string does not end.
func skipString(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// scanner goes over a valid, compact JSON object once. It checks the numbers
// and finds the object's own timestamp.
type scanner struct {
	text []byte

	// Where the timestamp's key starts, its value starts and its value ends;
	// zero if there is none.
	key, value, end int
}

// scan reports false if a number is too large for a float64.
func (s *scanner) scan() bool {
	depth, wantKey := 0, false
	for i := 0; i < len(s.text); {
		switch c := s.text[i]; c {
		case '{':
			depth++
			wantKey = depth == 1
			i++
		case '[':
			depth++
			i++
		case '}', ']':
			if s.key > 0 && s.end == 0 && depth == 1 {
				s.end = i
			}
			depth--
			i++
		case ',':
			if depth == 1 {
				wantKey = true
				if s.key > 0 && s.end == 0 {
					s.end = i
				}
			}
			i++
		case '"':
			n := skipString(s.text[i:])
			if wantKey && isTimestamp(s.text[i:i+n]) {
				s.key, s.value = i, i+n+1
			}
			wantKey = false
			i += n
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			n := numberLen(s.text[i:])
			if !finite(s.text[i : i+n]) {
				return false
			}
			i += n
		default: // a colon, or a letter of true, false or null
			i++
		}
	}
	return true
}

// isTimestamp reports whether a quoted key is "timestamp", however escaped.
func isTimestamp(quoted []byte) bool {
	const name = "timestamp"
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	key, err := jsontext.AppendUnquote(nil, quoted)
	return err == nil && string(key) == name
}

func numberLen(text []byte) int {
	n := 1
	for n < len(text) {
		switch c := text[n]; {
		case '0' <= c && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
			n++
		default:
			return n
		}
	}
	return n
}

// finite reports whether a JSON number fits a float64. Short ones without an
// exponent always do.
func finite(number []byte) bool {
	if len(number) < 300 && !bytes.ContainsAny(number, "eE") {
		return true
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err == nil
}

// truthy reports whether JavaScript takes a JSON value for true.
func truthy(value []byte) bool {
	switch c := value[0]; {
	case c == 'n' || c == 'f':
		return false
	case c == '"':
		return len(value) > 2
	case c == '-' || '0' <= c && c <= '9':
		f, err := strconv.ParseFloat(string(value), 64)
		return err != nil || f != 0
	}
	return true
}

// cutMember removes object[from:to], one member of it, and the comma that goes
// with it.
func cutMember(object []byte, from, to int) []byte {
	if object[to] == ',' {
		to++
	} else if object[from-1] == ',' {
		from--
	}
	return append(object[:from], object[to:]...)
}
