//go:build !race

package proctest

// Race says whether tests have the race detector. Programs are built as they are.
const Race = false
