package browsertest

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// newBrowser starts a browser with a profile of its own.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	driver, driverErr := exec.LookPath("chromedriver")
	if err != nil || driverErr != nil {
		t.Skip("no browser: install the packages chromium and chromium-driver")
	}
	profile := newProfile(t)
	driverAt := webdriver{base: startDriver(t, driver, profile), client: &http.Client{Timeout: 2 * patience}}
	session, err := driverAt.session(chromium, []string{
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
	b := &browser{t: t, session: session}
	b.watch()
	return b
}

var driverPort = regexp.MustCompile(`started successfully on port (\d+)`)

// startDriver starts the driver on a free port and returns its URL. It and the
// browser keep all their files in dir.
func startDriver(t *testing.T, path, dir string) string {
	t.Helper()
	cmd := exec.Command(path, "--port=0")
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	startChild(t, cmd)
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
		eventually(t, "the browser's profile is removed", func() bool { return os.RemoveAll(dir) == nil })
	})
	return dir
}
