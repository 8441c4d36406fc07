package object

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		in, want string
		stamped  bool
	}{
		{`{}`, `{}`, false},
		{" {\r\n\t} \n", `{}`, false},
		{`{"b":1,"a":2}`, `{"b":1,"a":2}`, false},
		{`{ "a" : [ 1 , { "b" : null } ] }`, `{"a":[1,{"b":null}]}`, false},
		{`{"a":"\u00e9\/\ud83d\ude00\u0000"}`, `{"a":"\u00e9\/\ud83d\ude00\u0000"}`, false},
		{`{"a":"é<>&  "}`, `{"a":"é<>&  "}`, false},
		{`{"a":1.50,"b":-0,"c":1E5,"d":12345678901234567890,"e":1e-400}`, `{"a":1.50,"b":-0,"c":1E5,"d":12345678901234567890,"e":1e-400}`, false},
		{`{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, `{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, false},
		{`{"a":"` + strings.Repeat("[", 100) + `"}`, `{"a":"` + strings.Repeat("[", 100) + `"}`, false},
		{`{"a":"\"[","b":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, `{"a":"\"[","b":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, false},
		// What JavaScript takes for true stays where it is.
		{`{"timestamp":"T"}`, `{"timestamp":"T"}`, true},
		{`{"a":1, "timestamp": 1, "b":2}`, `{"a":1,"timestamp":1,"b":2}`, true},
		{`{"timestamp":true}`, `{"timestamp":true}`, true},
		{`{"timestamp":[]}`, `{"timestamp":[]}`, true},
		{`{"timestamp":{"a":[1,2],"b":3},"c":4}`, `{"timestamp":{"a":[1,2],"b":3},"c":4}`, true},
		{`{"timestamp":"0"}`, `{"timestamp":"0"}`, true},
		{`{"timestamp":" "}`, `{"timestamp":" "}`, true},
		{`{"timestamp":-1}`, `{"timestamp":-1}`, true},
		{`{"t\u0069mestamp":"T"}`, `{"t\u0069mestamp":"T"}`, true},
		// What it takes for false is left out.
		{`{"timestamp":0}`, `{}`, false},
		{`{"timestamp":-0.0e5}`, `{}`, false},
		{`{"timestamp":1e-400}`, `{}`, false},
		{`{"timestamp":""}`, `{}`, false},
		{`{"timestamp":null}`, `{}`, false},
		{`{"timestamp":false}`, `{}`, false},
		{`{"timestamp":0,"a":1}`, `{"a":1}`, false},
		{`{"a":1,"timestamp":0}`, `{"a":1}`, false},
		{`{"a":1,"timestamp":null,"b":2}`, `{"a":1,"b":2}`, false},
		{`{"a":1,"\u0074imestamp":null,"b":2}`, `{"a":1,"b":2}`, false},
		// A timestamp elsewhere is not the object's own.
		{`{"a":{"timestamp":0}}`, `{"a":{"timestamp":0}}`, false},
		{`{"a":[{"timestamp":1}]}`, `{"a":[{"timestamp":1}]}`, false},
		{`{"a":"timestamp","b":"c"}`, `{"a":"timestamp","b":"c"}`, false},
		{`{"a":["timestamp",0]}`, `{"a":["timestamp",0]}`, false},
		{`{"a":{"b":1},"timestamp":0}`, `{"a":{"b":1}}`, false},
		{`{"Timestamp":0}`, `{"Timestamp":0}`, false},
		{`{"timestamp\u0000":0}`, `{"timestamp\u0000":0}`, false},
	} {
		src := []byte(tc.in)
		got, stamped, err := Parse(src)
		if err != nil || string(got) != tc.want || stamped != tc.stamped {
			t.Errorf("%s:\ngot  %s, %v, %v\nwant %s, %v", tc.in, got, stamped, err, tc.want, tc.stamped)
		}
		if string(src) != tc.in {
			t.Errorf("%s: the source was changed to %s", tc.in, src)
		}
		clear(src)
		if string(got) != tc.want {
			t.Errorf("%s: shares bytes with the source", tc.in)
		}
	}
}

// FuzzParse checks that whatever Parse accepts is one compact object that
// encoding/json reads as it reads the source, and that it refuses nothing that
// a strict reader accepts.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1,"timestamp":0,"b":[true,null,"x"]}`, `{"timestamp":{"a":"}"},"b":"\\\""}`, `[1]`, `{"a":1}{}`,
		`{"\u0074imestamp":"","a":1e5}`, `{"a":1e400}`, `{"a":"\ud800"}`, strings.Repeat("[", 70), ` { "a" : -0.0 } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		before := bytes.Clone(src)
		got, stamped, err := Parse(src)
		if !bytes.Equal(src, before) {
			t.Fatal("the source was changed")
		}
		want, readable := readStrict(src)
		if (err == nil) != readable {
			t.Fatalf("err %v, but readable by others: %v", err, readable)
		}
		if err != nil {
			return
		}
		if truth := jsTrue(want["timestamp"]); truth != stamped {
			t.Errorf("stamped %v, want %v", stamped, truth)
		} else if !truth {
			delete(want, "timestamp")
		}
		var value map[string]any
		if err := json.Unmarshal(got, &value); err != nil {
			t.Fatalf("result %q: %v", got, err)
		}
		if !reflect.DeepEqual(value, want) {
			t.Errorf("result %q, source %q", got, src)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, got); err != nil || !bytes.Equal(compact.Bytes(), got) {
			t.Errorf("not compact: %q", got)
		}
	})
}

// readStrict reads src with encoding/json, and with jsontext for the rules that
// the former does not know.
func readStrict(src []byte) (map[string]any, bool) {
	if !utf8.Valid(src) {
		return nil, false
	}
	var value map[string]any
	if err := json.Unmarshal(src, &value); err != nil || value == nil {
		return nil, false
	}
	dec := jsontext.NewDecoder(bytes.NewReader(src))
	for {
		switch _, err := dec.ReadToken(); {
		case err == io.EOF:
			return value, true
		case err != nil || dec.StackDepth() > MaxDepth:
			return nil, false
		}
	}
}

func jsTrue(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0
	}
	return true
}

func BenchmarkParse(b *testing.B) {
	src := []byte(`{"message":"Hello World","data":{"a":[1,2,3],"text":"` + strings.Repeat("x", 150) + `"}}`)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}
