// Package floor is the least that a server of event streams can do: it accepts
// connections, answers with the head of a stream, and then sends every event to
// all of them by a bare loop of send system calls. What this costs on a machine
// is the floor for the cost of a real server's delivery on that machine.
package floor
