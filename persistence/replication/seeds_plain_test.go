//go:build !race

package replication_test

// plainSeeds is how many schedules TestSimulator runs.
const plainSeeds = 10_000

// slow tells that schedules take ten times as long.
const slow = false
