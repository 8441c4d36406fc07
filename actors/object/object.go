// Package object reads JSON objects that come from outside, so that every
// parser after it reads them alike.
package object

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth bounds how deep objects and arrays nest.
const MaxDepth = 64

// Malformed says what is wrong with a text that is not such an object.
type Malformed string

// Error implements error.
func (m Malformed) Error() string { return "not a JSON object: " + string(m) }

// Parse checks that src is exactly one JSON object that every parser reads
// alike, and returns it without insignificant space; the order of keys, the
// escapes and the numbers' texts stay as they are. Refused are: text that is
// not UTF-8, escapes of half a surrogate pair, keys given twice, numbers that
// overflow a float64, nesting deeper than MaxDepth, and anything after the
// object.
//
// A key timestamp of the object itself whose value JavaScript takes for true
// makes it stamped; one with another value is left out, since the room appends
// a timestamp of its own.
//
// The result shares no bytes with src, which may be used again. The error is a
// Malformed. Parse may be called from any goroutine.
func Parse(src []byte) (object []byte, stamped bool, err error) {
	if len(bytes.TrimSpace(src)) == 0 {
		return nil, false, Malformed("it is empty")
	}
	if !utf8.Valid(src) {
		return nil, false, Malformed("it is not UTF-8")
	}
	if deeper(src, MaxDepth) {
		return nil, false, Malformed("it nests deeper than " + strconv.Itoa(MaxDepth))
	}
	object, err = jsontext.AppendFormat(make([]byte, 0, len(src)), src, jsontext.PreserveRawStrings(true))
	if err != nil {
		return nil, false, Malformed("it is malformed, has a key twice, or is followed by something")
	}
	if object[0] != '{' {
		return nil, false, Malformed("it is something else")
	}
	s := scanner{text: object}
	if !s.scan() {
		return nil, false, Malformed("a number in it is too large")
	}
	if s.end == 0 {
		return object, false, nil
	}
	if truthy(object[s.value:s.end]) {
		return object, true, nil
	}
	return cutMember(object, s.key, s.end), false, nil
}
