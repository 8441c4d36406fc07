package httpfront_test

import "strings"

// badBodies are bodies that are not one JSON object that every parser reads
// alike.
func badBodies() map[string]string {
	return map[string]string{
		"empty":                 "",
		"spaces":                " \r\n\t",
		"array":                 "[1]",
		"null":                  "null",
		"number":                "5",
		"string":                `"s"`,
		"cut":                   `{"a":1`,
		"cut string":            `{"a":"`,
		"trailing":              `{} {}`,
		"trailing comma":        `{"a":1,}`,
		"trailing nul":          "{}\x00",
		"comment":               `{"a":1/**/}`,
		"single quotes":         `{'a':1}`,
		"bom":                   "\xef\xbb\xbf{}",
		"duplicate":             `{"a":1,"a":2}`,
		"duplicate escaped":     `{"a":1,"\u0061":2}`,
		"duplicate inside":      `{"x":[{"a":1,"a":2}]}`,
		"duplicate timestamp":   `{"timestamp":0,"timestamp":1}`,
		"deep objects":          strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65),
		"deep arrays":           `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}",
		"depth 10,000":          strings.Repeat("[", 10000) + strings.Repeat("]", 10000),
		"only brackets":         strings.Repeat("[", 60000),
		"1e400":                 `{"a":1e400}`,
		"-1e400":                `{"a":[-1e400]}`,
		"long number":           `{"a":` + strings.Repeat("9", 400) + `}`,
		"timestamp 1e400":       `{"timestamp":1e400}`,
		"lone high surrogate":   `{"a":"\ud800"}`,
		"lone low surrogate":    `{"a":"\udc00"}`,
		"swapped surrogates":    `{"a":"\udc00\ud800"}`,
		"surrogate key":         `{"\ud800":1}`,
		"encoded surrogate":     "{\"a\":\"\xed\xa0\x80\"}",
		"invalid utf-8":         "{\"a\":\"\xff\"}",
		"overlong":              "{\"a\":\"\xc0\xaf\"}",
		"invalid utf-8 outside": "{\"a\":1}\xff",
		"raw newline":           "{\"a\":\"\n\"}",
		"raw nul":               "{\"a\":\"\x00\"}",
		"bad escape":            `{"a":"\x41"}`,
		"leading zero":          `{"a":01}`,
		"plus":                  `{"a":+1}`,
		"hex":                   `{"a":0x1}`,
		"nan":                   `{"a":NaN}`,
		"infinity":              `{"a":Infinity}`,
		"capital true":          `{"a":True}`,
		"vertical tab":          "{\v}",
	}
}
