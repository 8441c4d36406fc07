package object

import (
	"errors"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"empty":               "",
		"spaces":              " \r\n\t",
		"array":               "[1]",
		"null":                "null",
		"string":              `"s"`,
		"cut":                 `{"a":1`,
		"trailing":            `{} {}`,
		"trailing nul":        "{}\x00",
		"duplicate":           `{"a":1,"a":2}`,
		"duplicate escaped":   `{"a":1,"\u0061":2}`,
		"duplicate inside":    `{"x":[{"a":1,"a":2}]}`,
		"deep objects":        strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65),
		"only brackets":       strings.Repeat("[", 60000),
		"1e400":               `{"a":1e400}`,
		"lone surrogate":      `{"a":"\ud800"}`,
		"invalid utf-8":       "{\"a\":\"\xff\"}",
		"leading zero":        `{"a":01}`,
		"raw newline":         "{\"a\":\"\n\"}",
		"byte order mark":     "\xef\xbb\xbf{}",
		"timestamp too large": `{"timestamp":1e400}`,
	} {
		got, stamped, err := Parse([]byte(body))
		var why Malformed
		if !errors.As(err, &why) || why == "" || got != nil || stamped {
			t.Errorf("%s: got %s, %v, %v", name, got, stamped, err)
		}
	}
}
