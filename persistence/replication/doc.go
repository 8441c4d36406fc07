// Package replication keeps the copies of a room in one order.
//
// A Core is one node's part in one room: it keeps a copy, and it owns the room
// when the ring says so. It is pure. What happens is told to Core.Step, and what
// is to be written, sent and announced is what Step returns; there is no
// goroutine, clock or socket here, so that a simulator can try what no test of
// real nodes would ever meet.
//
// # What is kept
//
// A copy is a log and a fence. The log is the room's messages, of which only
// the newest are kept, and whatever goes with them. The fence says what the copy
// has promised (an epoch, to whom, under which ring) and whose order it follows
// (Accepted and AcceptedRing). The two epochs differ: a message keeps the
// position that it was given for ever, while the copies that hold it follow one
// owner after the other.
//
// # How a room is owned
//
// A candidate claims an epoch above all it knows. It asks the members of the
// present home set and of those of older rings that are not retired for the
// promise to accept nothing below, and hears what they hold. Once enough have
// promised (see readable, decided and required) nothing can be committed below
// its claim any more, and what was committed is on some copy that it has heard
// of. It takes the copy that holds the most (see order), and gives it to the
// members of the present home set, which follow it from then on. Once W of them
// say that it is durable the room is owned, and all that the owner begins with
// is committed. Then it appends; a message is committed when W members say so.
//
// # Why it is safe
//
// Claims are ordered by the ring under which they were made, then by their
// epoch. The claim that a copy follows is its order. Then:
//
//   - No two claims are equal that both get their promises. Under one ring one
//     node alone may claim a room, and two processes of it cannot both be
//     promised the same epoch by W members.
//   - A copy that follows a claim holds all that was ever committed under lower
//     claims, and nothing will be committed under these any more. For the
//     claim's owner had, before it wrote its order anywhere, promises that meet
//     every W members of every home set that lower claims may commit on: those
//     of older rings by themselves, and those that are not asked because a copy
//     that follows such a claim already holds all there was.
//   - Copies that follow one claim are parts of each other, since one owner
//     appends to them one by one, from where they are.
//
// A claim's Ring rises when the ring changes and the room's home set does not;
// Since does not. So a long ownership is not cut off when its ring is retired,
// and still takes its place among claims by the ring for which it has read.
//
// # What a member may forget
//
// A store that did not end cleanly takes another life, as its newest writes may
// be gone without a trace. A home set counts on a member under one life. Under
// another it is answered, brought up to date and asked, but what it
// acknowledges does not count, and what it does not know proves little. It
// counts again when the ring names its new life.
//
// # What others have to do
//
// A ring may be retired only when every message that some W members of one of
// its home sets may hold is established under the present ring. With m of its
// holders silent, u that report under another life than the ring names, and l
// of the silent ones lost for good, that is when
//
//	W - m - min(u, max(n-W, 1) - l) >= 1
//
// for the reason given at readable. A holder reports only after it goes by the
// present ring, durably, and after every room of which anything is durable on
// its disk, if only a fence, was established under that ring. (What is still on
// its way to the disk may be left out: of the members that promised an owner its
// epoch, which they did before anything else was written, one reports.) A room's
// owner answers for the room when it owns it while it goes by that ring.
//
// A copy may be forgotten when Core.Stray says so and the room's owner has
// answered for the room.
package replication
