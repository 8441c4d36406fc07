package browsertest

import (
	"net/http"
	"strings"
)

// watchScript notes in window.trouble what a page must never do. It runs before
// the page's own scripts.
const watchScript = `
window.trouble = [];
const note = (what) => window.trouble.push(String(what));
for (const name of ["alert", "confirm", "prompt"]) window[name] = (text) => note(name + " " + text);
addEventListener("securitypolicyviolation", (e) => note("violates " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));
addEventListener("unhandledrejection", (e) => note("rejected " + e.reason));
addEventListener("error", (e) => note("error " + (e.message ?? e.target.outerHTML)), true);
`

// watch notes what goes wrong on every page that this window will show.
func (b *browser) watch() {
	b.t.Helper()
	b.cdp("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": watchScript}, nil)
}

// calm fails the test if the window's page ran what it was sent, broke its
// policy, or failed; or if the browser wrote a complaint to its console since
// the last call. Complaints that have one of the parts in allowed are expected.
func (b *browser) calm(allowed ...string) {
	b.t.Helper()
	var trouble []string
	b.run(&trouble, "return window.trouble;")
	for _, what := range trouble {
		b.t.Errorf("the page: %s", what)
	}
	var lines []struct{ Level, Source, Message string }
	b.do(http.MethodPost, "/se/log", map[string]any{"type": "browser"}, &lines)
	for _, line := range lines {
		if line.Level != "SEVERE" && line.Level != "WARNING" || containsAny(line.Message, allowed) {
			continue
		}
		b.t.Errorf("the browser's console: %s %s: %s", line.Level, line.Source, line.Message)
	}
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
