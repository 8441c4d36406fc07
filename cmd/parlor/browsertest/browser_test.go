package browsertest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// browser is a browser that a test commands. A command that fails ends the test.
type browser struct {
	t       *testing.T
	session webdriver
}

func (b *browser) do(method, path string, in, out any) {
	b.t.Helper()
	if err := b.session.call(method, path, in, out); err != nil {
		b.t.Fatal(err)
	}
}

// cdp sends a command of the DevTools protocol, for what WebDriver has none.
func (b *browser) cdp(command string, params map[string]any, out any) {
	b.t.Helper()
	b.do(http.MethodPost, "/goog/cdp/execute", map[string]any{"cmd": command, "params": params}, out)
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do(http.MethodPost, "/url", map[string]any{"url": url}, nil)
}

// find returns the path of the element's commands.
func (b *browser) find(css string) string {
	b.t.Helper()
	var element map[string]string
	b.do(http.MethodPost, "/element", map[string]any{"using": "css selector", "value": css}, &element)
	return "/element/" + element[elementKey]
}

func (b *browser) click(css string) {
	b.t.Helper()
	b.do(http.MethodPost, b.find(css)+"/click", nil, nil)
}

// write types text into a field, in place of what it holds.
func (b *browser) write(css, text string) {
	b.t.Helper()
	field := b.find(css)
	b.do(http.MethodPost, field+"/clear", nil, nil)
	b.do(http.MethodPost, field+"/value", map[string]any{"text": text}, nil)
}

// text returns what a person can read in the element.
func (b *browser) text(css string) string {
	b.t.Helper()
	var text string
	b.do(http.MethodGet, b.find(css)+"/text", nil, &text)
	return text
}

// run runs the body of a function in the page and decodes what it returns.
func (b *browser) run(out any, script string, args ...any) {
	b.t.Helper()
	if args == nil {
		args = []any{}
	}
	b.do(http.MethodPost, "/execute/sync", map[string]any{"script": script, "args": args}, out)
}

// until waits until a JavaScript expression holds in the page.
func (b *browser) until(expr string, args ...any) {
	b.t.Helper()
	eventually(b.t, fmt.Sprintf("%s %q", expr, args), func() bool {
		b.t.Helper()
		var holds bool
		b.run(&holds, "return Boolean("+expr+");", args...)
		return holds
	})
}

// untilText waits until the element's text has a part.
func (b *browser) untilText(css, part string) {
	b.t.Helper()
	b.until(`document.querySelector(arguments[0])?.textContent.includes(arguments[1])`, css, part)
}

// newWindow opens another window and goes to it. It returns the way back to
// the one before and the way to the new one.
func (b *browser) newWindow() (before, after string) {
	b.t.Helper()
	b.do(http.MethodGet, "/window", nil, &before)
	var created struct{ Handle string }
	b.do(http.MethodPost, "/window/new", map[string]any{"type": "window"}, &created)
	b.to(created.Handle)
	b.watch()
	return before, created.Handle
}

// to goes to a window.
func (b *browser) to(window string) {
	b.t.Helper()
	b.do(http.MethodPost, "/window", map[string]any{"handle": window}, nil)
}

// screenshot writes a picture of the whole page to the test's artifacts.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	var picture struct{ Data string }
	b.cdp("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &picture)
	png, err := base64.StdEncoding.DecodeString(picture.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(b.t.ArtifactDir(), strings.ReplaceAll(name, " ", "-")+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
