package chromium

import (
	"net/http"
	"slices"
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

// Calm fails the test if the page ran what it was sent, broke its policy, or
// failed.
func (p *Tab) Calm() {
	p.t.Helper()
	var trouble []string
	p.Run(&trouble, "return window.trouble;")
	for _, what := range trouble {
		p.t.Errorf("the page: %s", what)
	}
}

// Quiet fails the test if the browser wrote a complaint to its console since the
// last call, of whatever window. Complaints that have one of the parts in allowed
// are expected.
func (p *Tab) Quiet(allowed ...string) {
	p.t.Helper()
	var lines []struct{ Level, Source, Message string }
	p.do(http.MethodPost, "/se/log", object{"type": "browser"}, &lines)
	for _, line := range lines {
		expected := slices.ContainsFunc(allowed, func(part string) bool { return strings.Contains(line.Message, part) })
		if (line.Level == "SEVERE" || line.Level == "WARNING") && !expected {
			p.t.Errorf("the browser's console: %s %s: %s", line.Level, line.Source, line.Message)
		}
	}
}
