//go:build !race

package e2e_test

// raceEnabled makes the program be built as the test itself was.
const raceEnabled = false
