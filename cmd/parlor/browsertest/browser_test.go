package browsertest

import (
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
)

// browser is a window of a browser, with what these tests do in it.
type browser struct {
	*chromium.Tab
	t  *testing.T
	of *chromium.Browser
}

// newBrowser starts a browser and returns a window that is empty.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{t: t, of: chromium.Start(t)}
	return b.newWindow()
}

// newWindow opens another window of the same browser.
func (b *browser) newWindow() *browser {
	b.t.Helper()
	return &browser{Tab: b.of.NewTab("about:blank"), t: b.t, of: b.of}
}

// calm fails the test if something went wrong in the window, or if the browser
// complained of anything but what is allowed since the last call.
func (b *browser) calm(allowed ...string) {
	b.t.Helper()
	b.Calm()
	b.Quiet(allowed...)
}
