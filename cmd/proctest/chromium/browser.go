package chromium

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// Browser is a browser with a profile of its own, which ends with its test.
type Browser struct {
	t       *testing.T
	session webdriver
	home    string // handle of the window that it began with, which stays
}

// Start starts a browser, and skips the test where there is none.
func Start(t *testing.T) *Browser {
	t.Helper()
	chromium := proctest.LookPath(t, "chromium", "chromium")
	driver := proctest.LookPath(t, "chromedriver", "chromium-driver")
	profile := newProfile(t)
	at := webdriver{base: startDriver(t, driver, profile), client: &http.Client{Timeout: 2 * proctest.Patience}}
	session, err := at.open(chromium, []string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-pipe", // so that the browser ends if its driver is killed
		"--disable-dev-shm-usage", // containers have little of it
		"--window-size=1280,900", "--user-data-dir=" + filepath.Join(profile, "user"),
	})
	if err != nil {
		t.Fatal(err)
	}
	// The driver ends the browser with its session; killed, it would leave it.
	t.Cleanup(func() { _ = session.call(http.MethodDelete, "", nil, nil) })
	b := &Browser{t: t, session: session}
	if err := session.call(http.MethodGet, "/window", nil, &b.home); err != nil {
		t.Fatal(err)
	}
	return b
}

// startDriver starts the driver on a free port and returns its URL. It and the
// browser keep all their files in dir.
func startDriver(t *testing.T, path, dir string) string {
	t.Helper()
	cmd := proctest.Command(t, path, "--port=0")
	cmd.Env = append(cmd.Env, "TMPDIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir)
	cmd.WaitDelay = time.Second // a child of its own may hold its output open
	return "http://127.0.0.1:" + proctest.Start(t, cmd).Says(`started successfully on port (\d+)`)
}

// newProfile makes a directory for a browser. The browser's last children may
// still be writing to it when it ends, which t.TempDir would take for a failure.
func newProfile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "parlor-profile-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		proctest.Eventually(t, "the browser's profile is removed", func() error { return os.RemoveAll(dir) })
	})
	return dir
}

// NewTab opens another window and shows a page in it.
func (b *Browser) NewTab(url string) *Tab {
	b.t.Helper()
	// The window that had the last command may be closed, and nothing works there.
	var created struct{ Handle string }
	err := b.session.call(http.MethodPost, "/window", object{"handle": b.home}, nil)
	if err == nil {
		err = b.session.call(http.MethodPost, "/window/new", object{"type": "window"}, &created)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	tab := &Tab{t: b.t, session: b.session, handle: created.Handle}
	tab.cdp("Page.addScriptToEvaluateOnNewDocument", object{"source": watchScript}, nil)
	tab.Open(url)
	return tab
}
