package httpfront

import (
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPages(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	routes, err := Pages(fstest.MapFS{
		"index.html": file("<p>"), "app.js": file("1"), "help/index.html": file("<p>"), "help/more.html": file("<p>"), "help/a.svg": file("<svg>"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, r := range routes {
		if r.Method != "GET" || r.About != "" || r.Needs != Open {
			t.Errorf("%s: %+v", r.Pattern, r)
		}
		got[r.Pattern] = r.Handler.handling().answers
	}
	if want := map[string]string{
		"/": typeHTML, "/app.js": typeJavaScript, "/help/": typeHTML, "/help/more.html": typeHTML, "/help/a.svg": "image/svg+xml",
	}; !maps.Equal(got, want) || len(routes) != len(want) {
		t.Errorf("%d routes: %v", len(routes), got)
	}
}

func TestPagesRefuses(t *testing.T) {
	for name, files := range map[string]fs.FS{
		"notes.md": fstest.MapFS{"index.html": {}, "notes.md": {}},
		"Makefile": fstest.MapFS{"Makefile": {}},
	} {
		if _, err := Pages(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unreadable := fstest.MapFS{"a.js": {Mode: fs.ModeSymlink}}
	if _, err := Pages(unreadable); err == nil {
		t.Error("a link to nothing: no error")
	}
}
