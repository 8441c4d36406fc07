// Package checker judges the history of a fault run: whether what publishers
// were answered and streams were shown is what the contract promises, whatever
// was done to the nodes meanwhile.
//
// It is pure, and sees the cluster from outside only: answers, frames, what the
// nodes said of themselves, and their disks at the end. From these it builds one
// log for each room, which every source has to agree with, and then walks each
// stream along it. The work is that of sorting: O(n log n).
package checker
