package chromium

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// Tab is a window of a browser.
type Tab struct {
	t       *testing.T
	session webdriver
	handle  string
}

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

// Open shows a page in the window.
func (p *Tab) Open(url string) {
	p.t.Helper()
	p.do(http.MethodPost, "/url", object{"url": url}, nil)
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
	proctest.Until(p.t, fmt.Sprintf("the page satisfies %s %q", expr, args), func() (holds bool) {
		p.t.Helper()
		p.Run(&holds, "return Boolean("+expr+");", args...)
		return holds
	})
}

// UntilText waits until the text of an element has a part.
func (p *Tab) UntilText(css, part string) {
	p.t.Helper()
	p.Until(`document.querySelector(arguments[0])?.textContent.includes(arguments[1])`, css, part)
}

// Text returns what a person can read in an element.
func (p *Tab) Text(css string) string {
	p.t.Helper()
	var text string
	p.do(http.MethodGet, p.find(css)+"/text", nil, &text)
	return text
}

// Texts returns the text of all elements that a CSS selector finds.
func (p *Tab) Texts(css string) []string {
	p.t.Helper()
	var texts []string
	p.Run(&texts, "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent);", css)
	return texts
}
