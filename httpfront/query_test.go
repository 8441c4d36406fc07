package httpfront

import (
	"encoding/hex"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parlor-sse/parlor/actors"
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
	for _, seed := range []string{"room=a&room=b", "a=%zz", "a=%C3%A9+b", "&=&", "a=%00%0d%0a", "%", "a=%f", "a;b=c", "#", "é=\xff", strings.Repeat("a&", 130),
		"kind=counter&room=a", "kind=%20", "room=" + strings.Repeat("0", 64), "room=e3c8143f3ac0faae572caf73bd48521e452d4c0b058e355fdf2f60292e7668bb",
		"room=E3C8143F3AC0FAAE572CAF73BD48521E452D4C0B058E355FDF2F60292E7668BB", "kind=counter&room=e3c8143f3ac0faae572caf73bd48521e452d4c0b058e355fdf2f60292e7668bb",
	} {
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
				if err := actors.ParseKind(r.Kind); err != nil {
					t.Errorf("kind %q", r.Kind)
				}
				if _, err := hex.DecodeString(r.Name); err == nil && len(r.Name) == 64 && r.ObjectID() != r.Name {
					t.Errorf("%s passed for an object id", r)
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
