// Package chromium has tests use pages as people do, in a real browser. It runs
// Chromium through its driver, which speaks the WebDriver protocol, and skips the
// tests where the two are not installed.
//
// A browser and its tabs are for the test's goroutine. A command that fails ends
// the test; no command takes longer than proctest.Patience twice.
package chromium
