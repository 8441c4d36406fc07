// Package fanout sends one log of rendered frames to many streams.
//
// A Log is an append-only sequence of frames; a stream is a descriptor and a
// position in a log. Nothing else exists for a stream that has been sent all
// there is: no goroutine, no channel, no buffer. The queue of a slow stream is
// the distance between its position and the end of the log.
//
// On Linux, plain TCP streams are detached from the Go runtime and written by
// one goroutine per core (a shard), with one non-blocking system call for
// everything that a stream lacks. Each shard alone writes and closes its
// streams; everybody else posts to it. Other connections, TLS among them, take
// the portable path: one goroutine a stream, and a second one only while there
// is something to write. Both are behind Engine and Stream.
//
// The package knows nothing of rooms, events or HTTP.
package fanout
