package httpfront

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestParsePattern(t *testing.T) {
	for text, want := range map[string]bool{
		"/": true, "/a": true, "/a/": true, "/a//b": true, "/a.html": true, "/{x}": true, "/a/{x}/b/{y}": true, "/a/{rest...}": true, "/{x}/{y...}": true,
		"": false, "a": false, "*": false, "/a b": false, "/a%20": false, "/a?b": false, "/a#b": false, "/é": false, "/a\n": false,
		"/{}": false, "/{x": false, "/x}": false, "/a{x}": false, "/{x}a": false, "/{...}": false, "/{x...}/a": false, "/{x}/{x}": false, "/{x}/{x...}": false, "/{x y}": false,
	} {
		if _, err := parsePattern(text, true); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		pattern string
		loose   bool
		path    string
		want    []string // nil for no match
	}{
		{"/a", false, "/a", []string{}},
		{"/a", true, "/a/", nil},
		{"/a/", true, "/a", nil},
		{"/a/{x}", false, "/a/b", []string{"b"}},
		{"/a/{x}", false, "/a/%20", []string{"%20"}},
		{"/a/{x}", false, "/a/", nil},
		{"/a/{x}", true, "/a/", []string{""}},
		{"/a/{x}", true, "/a", nil},
		{"/a/{x}", true, "/a//", nil},
		{"/a/{x}", true, "/a/b/c", nil},
		{"/a/{x}/b", false, "/a//b", nil},
		{"/a/{x}/b", true, "/a//b", []string{""}},
		{"/{x}/{y...}", false, "/a/", []string{"a", ""}},
		{"/{x}/{y...}", false, "/a/b//c/", []string{"a", "b//c/"}},
		{"/{x}/{y...}", false, "/a", nil},
		{"/{y...}", false, "/", []string{""}},
		{"/{y...}", false, "*", nil},
		{"/{y...}", false, "", nil},
	} {
		p, err := parsePattern(tc.pattern, tc.loose)
		if err != nil {
			t.Fatal(err)
		}
		values, ok := p.match([]byte(tc.path))
		got := []string{}
		for _, v := range values {
			got = append(got, string(v))
		}
		if ok != (tc.want != nil) || ok && !slices.Equal(got, tc.want) {
			t.Errorf("%s, loose %v: %s: %q, %v", tc.pattern, tc.loose, tc.path, got, ok)
		}
	}
}

// products returns every choice of one to n of the parts, joined to a path.
func products(n int, parts ...string) []string {
	var all, last []string
	last = []string{""}
	for range n {
		var next []string
		for _, head := range last {
			for _, part := range parts {
				next = append(next, head+"/"+part)
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

// TestPatternsMeet compares what is said of pairs of patterns with what they
// match, of all short ones and all paths that could tell them apart.
func TestPatternsMeet(t *testing.T) {
	for _, loose := range []bool{false, true} {
		var patterns []pattern
		for _, text := range products(3, "", "a", "{x}", "{x...}") {
			// Names have to differ, and what they are makes no difference.
			for _, name := range []string{"y", "z"} {
				if at := strings.LastIndex(text, "x"); strings.Count(text, "x") > 1 {
					text = text[:at] + name + text[at+1:]
				}
			}
			if p, err := parsePattern(text, loose); err == nil {
				patterns = append(patterns, p)
			}
		}
		paths := products(4, "", "a", "b")
		matches := make([][]bool, len(patterns))
		for i := range patterns {
			for _, path := range paths {
				_, ok := patterns[i].match([]byte(path))
				matches[i] = append(matches[i], ok)
			}
		}
		for i := range patterns {
			for j := range patterns {
				p, q := &patterns[i], &patterns[j]
				covers, overlaps := true, false
				for k := range paths {
					covers = covers && (matches[i][k] || !matches[j][k])
					overlaps = overlaps || matches[i][k] && matches[j][k]
				}
				if p.covers(q) != covers || p.overlaps(q) != overlaps {
					t.Fatalf("%s and %s, loose %v: covers %v, want %v; overlaps %v, want %v",
						p.text, q.text, loose, p.covers(q), covers, p.overlaps(q), overlaps)
				}
				if p.narrower(q) && p.compare(q) >= 0 {
					t.Fatalf("%s does not come before %s", p.text, q.text)
				}
			}
		}
	}
}

// TestOwnRoutesAgree checks that no two of Parlor's own patterns match one path.
func TestOwnRoutesAgree(t *testing.T) {
	table := new(Server).table()
	for i, r := range table {
		for _, other := range table[:i] {
			p, err1 := parsePattern(r.pattern, false)
			q, err2 := parsePattern(other.pattern, false)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if r.pattern == other.pattern && r.method == other.method || r.pattern != other.pattern && p.overlaps(&q) {
				t.Errorf("%s %s and %s %s meet", r.method, r.pattern, other.method, other.pattern)
			}
		}
	}
}

// FuzzFetchTarget checks that what a room gets to see of a target is what came,
// less the controls, and that everybody reads it alike.
func FuzzFetchTarget(f *testing.F) {
	for _, seed := range []string{
		"/rooms/a/fetch", "/rooms/a/fetch/", "/rooms/a/fetch/b%2Fc/../d?e=f&token=x", "/rooms/a/fetch//b?&&", "/rooms/%zz/fetch/x?kind=%6b", "/rooms//fetch/x",
		"/rooms/a/fetch/%ff", "/rooms/a/fetch/a:b?kind&ticke%74=1&a=b;c", "http://h/rooms/a/fetch/x?y", "*", "/rooms/a/fetch/x#y", "/rooms/a/fetch/é?é=é",
	} {
		f.Add([]byte(seed))
	}
	rt, err := newRouter(new(Server).table())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, uri []byte) {
		if slices.ContainsFunc(uri, func(c byte) bool { return c <= ' ' || c == 0x7f }) {
			return // refused with the request line
		}
		tg, err := parseTarget(uri, nil)
		if err != nil {
			return
		}
		p, values := rt.find(tg.path)
		q, err := parseQuery(tg.query)
		if p == nil || err != nil || !strings.HasPrefix(p.pattern.text, "/rooms/{room}/fetch") {
			return
		}
		rq := &request{path: p, values: values, target: tg, query: q}
		path := append([]byte{'/'}, rq.value("rest")...)
		got, err := callTarget(path, tg.query, isFetchControl)
		if err != nil {
			return
		}
		u, err := url.ParseRequestURI(got)
		if err != nil || u.Host != "" || u.Scheme != "" {
			t.Fatalf("%q: %v", got, err)
		}
		raw, left, _ := strings.Cut(got, "?")
		if raw != string(path) || !strings.HasSuffix(string(tg.path), strings.TrimPrefix(raw, "/")) {
			t.Errorf("the path of %q became %q", uri, raw)
		}
		want := make([]param, 0, len(q))
		for _, p := range q {
			if !isFetchControl(p.key) {
				want = append(want, p)
			}
		}
		kept, err := parseQuery([]byte(left))
		if err != nil || !slices.Equal([]param(kept), want) {
			t.Errorf("the query of %q became %q: %v", uri, left, err)
		}
	})
}
