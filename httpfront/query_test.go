package httpfront

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseQuery(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want query
	}{
		{"", nil},
		{"a", query{{"a", ""}}},
		{"a=", query{{"a", ""}}},
		{"=b", query{{"", "b"}}},
		{"a=b=c", query{{"a", "b=c"}}},
		{"&&a=1&&b=2&", query{{"a", "1"}, {"b", "2"}}},
		{"a=%41%2b+%C3%A9", query{{"a", "A+ é"}}},
		{"a%3d=b;c", query{{"a=", "b;c"}}},
		{"a=é", query{{"a", "é"}}},
	} {
		got, err := parseQuery([]byte(tc.in))
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q: %q, %v, want %q", tc.in, got, err, tc.want)
		}
	}
}

// FuzzQuery checks parseQuery against net/url, which splits at the same places
// but is less strict.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"room=a&room=b", "a=%zz", "a=%C3%A9+b", "&=&", "a=%00%0d%0a", "%", "a=%f", "a;b=c", "#", "é=\xff", strings.Repeat("a&", 130)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		q, err := parseQuery(raw)
		if err != nil {
			return
		}
		if len(q) > maxParams {
			t.Fatalf("%d parameters", len(q))
		}
		var want query
		for pair := range strings.SplitSeq(string(raw), "&") {
			if pair == "" {
				continue
			}
			k, v, _ := strings.Cut(pair, "=")
			k, err1 := url.QueryUnescape(k)
			v, err2 := url.QueryUnescape(v)
			if err1 != nil || err2 != nil {
				t.Fatalf("accepted %q", raw)
			}
			want = append(want, param{k, v})
		}
		if len(q) != len(want) || len(q) > 0 && !reflect.DeepEqual(q, want) {
			t.Errorf("%q: %q, want %q", raw, q, want)
		}
		for _, p := range q {
			if !utf8.ValidString(p.key) || !utf8.ValidString(p.value) {
				t.Errorf("not UTF-8: %q", p)
			}
		}
		if rooms, err := q.rooms(); err == nil {
			for _, r := range rooms {
				if !validName(r.Name) {
					t.Errorf("room %q", r.Name)
				}
			}
		}
	})
}

func TestAccepts(t *testing.T) {
	for accept, want := range map[string]bool{
		"": true, " ": true, "*/*": true, "*": true, "text/*": true, "TEXT/Event-Stream": true, "text/event-stream; charset=utf-8": true,
		"application/json, text/event-stream;q=0.1": true, "text/*;q=0, text/event-stream": true, "*/*;q=0, text/*": true, "text/html, */*;q=0.8": true,
		"application/json": false, "text/html": false, "text/event-stream;q=0": false, "text/event-stream; q=0.000, */*": false, "text/*;Q=0, */*": false,
		"*/*;q=0": false, "text/event-streams": false, ",": false,
	} {
		if got := acceptsStream(accept); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}
