// Package run has the nodes of a fault run: processes of the program under test,
// each on a host of its own, which can be killed, frozen, asked to stop and
// started again on the same data or none, and whose data can be looked at once
// they are gone.
package run
