//go:build race

package exampletest

// raceEnabled makes programs be built as the test itself was.
const raceEnabled = true
