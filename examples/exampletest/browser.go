package exampletest

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// Browser is a real browser, Chromium, with a profile of its own, that a test
// commands through its driver. It is for the test's goroutine.
type Browser struct {
	t       testing.TB
	session webdriver
	home    string // handle of the window that it began with, which stays
}

// OpenBrowser starts a browser, and skips the test where there is none.
func OpenBrowser(t *testing.T) *Browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	driver, driverErr := exec.LookPath("chromedriver")
	if err != nil || driverErr != nil {
		t.Skip("no browser: install the packages chromium and chromium-driver")
	}
	profile := newProfile(t)
	at := webdriver{base: startDriver(t, driver, profile), client: &http.Client{Timeout: 2 * Patience}}
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

var driverPort = regexp.MustCompile(`started successfully on port (\d+)`)

// startDriver starts the driver on a free port and returns its URL. It and the
// browser keep all their files in dir.
func startDriver(t *testing.T, path, dir string) string {
	t.Helper()
	cmd := command(t, path, "--port=0")
	cmd.Env = append(cmd.Env, "TMPDIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir)
	cmd.WaitDelay = time.Second // a child of its own may hold its output open
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := driverPort.FindStringSubmatch(lines.Text()); found != nil {
			return "http://127.0.0.1:" + found[1]
		}
	}
	t.Fatal("chromedriver did not say its port")
	return ""
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
		Eventually(t, "the browser's profile is removed", func() error { return os.RemoveAll(dir) })
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
	tab.do(http.MethodPost, "/url", object{"url": url}, nil)
	return tab
}

// errNot says that something is not so.
var errNot = errors.New("it does not")
