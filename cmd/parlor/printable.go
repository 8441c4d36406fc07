package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable returns text with control characters and invalid bytes escaped, so
// that what others have published can't steer the terminal. The escapes are
// such that JSON stays JSON of the same meaning, as far as it was valid UTF-8.
func printable(text string) string {
	safe := func(r rune, size int) bool {
		return !unicode.IsControl(r) && !steers(r) && (r != utf8.RuneError || size > 1)
	}
	var b strings.Builder
	for i, n := 0, 0; i < len(text); i += n {
		var r rune
		if r, n = utf8.DecodeRuneInString(text[i:]); safe(r, n) {
			b.WriteString(text[i : i+n])
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// steers reports whether a rune changes the direction of the text around it.
func steers(r rune) bool {
	return '\u202A' <= r && r <= '\u202E' || '\u2066' <= r && r <= '\u2069'
}

// jsonLine returns v as printable JSON without a line end. v holds nothing
// that can't be encoded.
func jsonLine(v any) string {
	var buf strings.Builder
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return printable(strings.TrimSuffix(buf.String(), "\n"))
}
