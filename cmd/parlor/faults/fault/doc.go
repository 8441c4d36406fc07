// Package fault is what can be done to a cluster: a table of faults, each with
// how it is done and how it is undone. They are done to real processes, real
// links and real files, from outside.
package fault
