package httpfront_test

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// consoleFiles fetches the console's page and, by name, every other file that
// there is of it.
func consoleFiles(t *testing.T) (page reply, files map[string]reply) {
	t.Helper()
	_, addr := start(t, &fakeRooms{})
	entries, err := os.ReadDir("console")
	if err != nil {
		t.Fatal(err)
	}
	files = make(map[string]reply)
	for _, e := range entries {
		if e.Name() != "index.html" {
			files[e.Name()] = roundTrip(t, addr, get("/console/"+e.Name(), ""))
		}
	}
	return roundTrip(t, addr, get("/", "Accept: text/html\r\n")), files
}

func TestConsoleHeaders(t *testing.T) {
	page, files := consoleFiles(t)
	files["index.html"] = page
	types := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	}
	for file, r := range files {
		if want := types[path.Ext(file)]; r.status != 200 || len(r.body) == 0 || r.header.Get("Content-Type") != want {
			t.Errorf("%s: %d %v, want %s", file, r.status, r.header, want)
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache",
		} {
			if got := r.header.Get(name); got != value {
				t.Errorf("%s: %s: %q", file, name, got)
			}
		}
	}
}

// TestConsolePage checks that the page holds what its policy lets it have, and
// every element that the scripts look for; and that these import what is served.
func TestConsolePage(t *testing.T) {
	html, files := consoleFiles(t)
	page := string(html.body)
	var scripts strings.Builder
	for file, r := range files {
		if path.Ext(file) == ".js" {
			scripts.Write(r.body)
		}
	}
	script := scripts.String()
	for _, banned := range []string{"<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(page, "xmlns='http://www.w3.org/2000/svg'", ""), banned) {
			t.Errorf("the page contains %q", banned)
		}
	}
	for _, banned := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http://", "https://"} {
		if strings.Contains(script, banned) {
			t.Errorf("a script contains %q", banned)
		}
	}
	for _, m := range regexp.MustCompile(`\b(?:from|import)\s*\(?["']([^"']+)`).FindAllStringSubmatch(script, -1) {
		if file, beside := strings.CutPrefix(m[1], "./"); !beside || files[file].status != 200 {
			t.Errorf("a script imports %q, which is not there", m[1])
		}
	}
	ids := make(map[string]bool)
	for _, m := range regexp.MustCompile(`\bid="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("two elements are %q", m[1])
		}
		ids[m[1]] = true
	}
	for _, id := range []string{
		"room", "connect", "disconnect", "status", "events", "publish-room", "publish-event", "publish-body", "publish", "publish-result", "history", "rooms",
	} {
		if !ids[id] {
			t.Errorf("no element is %q", id)
		}
	}
	for _, m := range regexp.MustCompile(`(?:\$|say|onSubmit)\("([^"]+)"`).FindAllStringSubmatch(script, -1) {
		if !ids[m[1]] {
			t.Errorf("a script looks for %q, which is not there", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?:for|aria-labelledby|aria-describedby|list)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			if !ids[id] {
				t.Errorf("the page refers to %q, which is not there", id)
			}
		}
	}
}
