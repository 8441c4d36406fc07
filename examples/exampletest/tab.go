package exampletest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tab is a window of a browser. A command that fails ends the test.
type Tab struct {
	t       testing.TB
	session webdriver
	handle  string
}

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

// do gives a command to this window.
func (p *Tab) do(method, path string, in, out any) {
	p.t.Helper()
	err := p.session.call(http.MethodPost, "/window", object{"handle": p.handle}, nil)
	if err == nil {
		err = p.session.call(method, path, in, out)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// cdp sends a command of the DevTools protocol, for what WebDriver has none.
func (p *Tab) cdp(command string, params object, out any) {
	p.t.Helper()
	p.do(http.MethodPost, "/goog/cdp/execute", object{"cmd": command, "params": params}, out)
}

// Close closes the window, as a person does.
func (p *Tab) Close() {
	p.t.Helper()
	p.do(http.MethodDelete, "/window", nil, nil)
}

// Freeze stops the page's scripts, as browsers do with pages that nobody looks at.
// Until Thaw, nothing else may be asked of the window.
func (p *Tab) Freeze() {
	p.t.Helper()
	p.cdp("Page.setWebLifecycleState", object{"state": "frozen"}, nil)
}

// Thaw lets a frozen page go on.
func (p *Tab) Thaw() {
	p.t.Helper()
	p.cdp("Page.setWebLifecycleState", object{"state": "active"}, nil)
}

// Click clicks on the element that a CSS selector finds.
func (p *Tab) Click(css string) {
	p.t.Helper()
	p.do(http.MethodPost, p.find(css)+"/click", nil, nil)
}

// Write types text into a field, in place of what it holds.
func (p *Tab) Write(css, text string) {
	p.t.Helper()
	field := p.find(css)
	p.do(http.MethodPost, field+"/clear", nil, nil)
	p.do(http.MethodPost, field+"/value", object{"text": text}, nil)
}

// find returns the path of the element's commands.
func (p *Tab) find(css string) string {
	p.t.Helper()
	var element map[string]string
	p.do(http.MethodPost, "/element", object{"using": "css selector", "value": css}, &element)
	return "/element/" + element[elementKey]
}

// Run runs the body of a function in the page and decodes what it returns.
func (p *Tab) Run(out any, script string, args ...any) {
	p.t.Helper()
	if args == nil {
		args = []any{}
	}
	p.do(http.MethodPost, "/execute/sync", object{"script": script, "args": args}, out)
}

// Until waits until a JavaScript expression holds in the page.
func (p *Tab) Until(expr string, args ...any) {
	p.t.Helper()
	Eventually(p.t, fmt.Sprintf("the page satisfies %s %q", expr, args), func() error {
		var holds bool
		if p.Run(&holds, "return Boolean("+expr+");", args...); !holds {
			return errNot
		}
		return nil
	})
}

// UntilText waits until the text of an element has a part.
func (p *Tab) UntilText(css, part string) {
	p.t.Helper()
	p.Until(`document.querySelector(arguments[0])?.textContent.includes(arguments[1])`, css, part)
}

// Texts returns the text of all elements that a CSS selector finds.
func (p *Tab) Texts(css string) []string {
	p.t.Helper()
	var texts []string
	p.Run(&texts, "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent);", css)
	return texts
}

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

// Look takes pictures of the page in light and dark, wide and narrow, for those
// who run the test with -artifacts, and checks that nothing sticks out of the
// window on either side.
func (p *Tab) Look(name string) {
	p.t.Helper()
	for _, width := range []int{1280, 360} {
		p.cdp("Emulation.setDeviceMetricsOverride", object{
			"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 700,
		}, nil)
		var over int
		p.Run(&over, "return document.documentElement.scrollWidth - document.documentElement.clientWidth;")
		if over > 0 {
			p.t.Errorf("%s is %d pixels wider than a window of %d", name, over, width)
		}
		for _, scheme := range []string{"light", "dark"} {
			p.cdp("Emulation.setEmulatedMedia", object{
				"features": []any{object{"name": "prefers-color-scheme", "value": scheme}},
			}, nil)
			p.picture(fmt.Sprintf("%s %d %s", name, width, scheme))
		}
	}
	p.cdp("Emulation.clearDeviceMetricsOverride", object{}, nil)
}

func (p *Tab) picture(name string) {
	p.t.Helper()
	var shot struct{ Data string }
	p.cdp("Page.captureScreenshot", object{}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.ArtifactDir(), strings.ReplaceAll(name, " ", "-")+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
