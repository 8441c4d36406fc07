// Package browsertest holds tests that use the program as people do: in a real
// browser. They run Chromium through its driver, which speaks the WebDriver
// protocol, and are skipped where the two are not installed.
package browsertest
