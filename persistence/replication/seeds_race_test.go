//go:build race

package replication_test

// plainSeeds is how many schedules TestSimulator runs: the race detector has
// nothing to find in one goroutine, and takes its time.
const plainSeeds = 300

// slow tells that schedules take ten times as long.
const slow = true
