// Package ticket keeps the tickets that stand for tokens in the URLs of streams.
//
// They are kept where everything else is: in rooms, of a kind that clients don't
// reach. So a ticket that one node gave is good at every node, and good once, also
// when nodes fail in between. A room knows the digests of its tickets alone: what
// is on its disks opens no stream.
package ticket
