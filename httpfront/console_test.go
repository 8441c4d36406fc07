package httpfront_test

import (
	"regexp"
	"strings"
	"testing"
)

// consoleFiles fetches the console's three files.
func consoleFiles(t *testing.T) (html, css, js reply) {
	t.Helper()
	_, addr := start(t, &fakeRooms{})
	html = roundTrip(t, addr, get("/", "Accept: text/html\r\n"))
	css = roundTrip(t, addr, get("/console/console.css", ""))
	js = roundTrip(t, addr, get("/console/console.js", ""))
	return html, css, js
}

func TestConsoleHeaders(t *testing.T) {
	html, css, js := consoleFiles(t)
	for want, r := range map[string]reply{
		"text/html; charset=utf-8": html, "text/css; charset=utf-8": css, "text/javascript; charset=utf-8": js,
	} {
		if r.status != 200 || len(r.body) == 0 || r.header.Get("Content-Type") != want {
			t.Errorf("%s: %d %v", want, r.status, r.header)
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache",
		} {
			if got := r.header.Get(name); got != value {
				t.Errorf("%s: %s: %q", want, name, got)
			}
		}
	}
}

// TestConsolePage checks that the page holds what its policy lets it have, and
// every element that the script looks for.
func TestConsolePage(t *testing.T) {
	html, _, js := consoleFiles(t)
	page, script := string(html.body), string(js.body)
	for _, banned := range []string{"<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(page, "xmlns='http://www.w3.org/2000/svg'", ""), banned) {
			t.Errorf("the page contains %q", banned)
		}
	}
	for _, banned := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http://", "https://"} {
		if strings.Contains(script, banned) {
			t.Errorf("the script contains %q", banned)
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
			t.Errorf("the script looks for %q, which is not there", m[1])
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
