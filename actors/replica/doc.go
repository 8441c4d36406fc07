// Package replica runs the replication cores of the rooms that a node holds
// copies of: it loads them when somebody speaks to them, has their writes made
// durable, carries their messages, passes them time, and drops them when they
// have nothing to do. What is decided is decided in package replication; here
// are the disk, the clock and the locks.
package replica
