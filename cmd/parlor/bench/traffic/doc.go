// Package traffic is what the processes of a benchmark have in common: what a
// published message looks like, the clock that it is stamped with, which rooms
// there are, and how a publisher reports.
package traffic
