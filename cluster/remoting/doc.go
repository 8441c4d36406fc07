// Package remoting carries messages between the actor systems of a cluster's
// nodes, by the protocol of protoactor-go's remote.
//
// A message is a wrapperspb.BytesValue; what its bytes mean is the caller's
// business. It goes to a process of another node by its PID, and arrives once
// or not at all. Messages from one goroutine to one node keep their order.
// Whatever is lost is counted, but neither end is told of it: callers count
// their messages themselves if they must know.
//
// Of remote only the protocol is used, not what runs it. That cannot be made
// safe from outside: it panics on calls and on indexes that anybody may send,
// stops actors at a stranger's word, has queues without bound, sleeps for
// seconds while a node cannot be reached and then sends it what was meant for
// another, cannot be ended, and races with itself where two nodes share a
// process.
//
// What comes in: with TLS, only a node whose certificate is allowed here gets a
// stream, and only under its own address. Of what it sends, only BytesValues
// get through, only to the processes in Config.Targets and to reply futures, and
// only with a sender at its own address. Anything else is dropped and counted,
// system messages above all: a Stop from the wire stops nothing. What no node
// sends ends the stream, and so does a panic, but no more than that.
//
// What goes out: BytesValues only; watching a process of another node does not
// work. There is one stream to each node, with a queue that is bounded in
// messages and in bytes. A node that does not answer costs its queue and nothing
// else, for nobody waits for it. The queue ends with the stream, so a new process
// at an old address gets nothing of what was meant for the one before.
package remoting
