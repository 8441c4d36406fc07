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
// A copy is a log and a fence. The log is the room's turns, numbered without
// holes, of which only the newest are kept, and what they have led to: the newest
// messages, the idempotency keys, what is stored, and the alarm. A turn holds any
// number of messages, at most one key, and a change of what is stored and of the
// alarm; it is written, sent and committed as a whole. The place of a turn in the
// order is its number. The positions of messages are only what it holds.
//
// The fence says what the copy has promised (an epoch, to whom, under which ring)
// and whose order it follows (Accepted and AcceptedRing). The two epochs differ: a
// message keeps the position that it was given for ever, while the copies that
// hold it follow one owner after the other.
//
// A copy is brought up to date by the turns that it lacks, or, where these are in
// memory no more or it follows another order, by a whole copy, which replaces all
// that it holds: history, keys, storage and alarm. As long as every turn of a room
// is one message and nothing else, its newest turns can be told from its messages;
// of other rooms only a whole copy can be had when the node that has it has just
// read it from its disk. A whole copy may be large and take long to be carried.
// Who waits for one is patient in proportion to its size, it stays the same while
// it is on its way, and the owner keeps in memory what comes after it, at most by
// twice of what the copy is (see Options.WindowBytes). So a member that is brought
// a copy faster than the room is written to needs only one.
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
// is committed. Then it appends; a turn is committed when W members say so.
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
// # Why a read that was confirmed is safe
//
// An owner that was overruled may not know it yet, and what it knows as committed
// is then not all that is. Who must not be told less asks it to confirm that it
// still is the owner. It asks the members, which answer if they have promised
// nothing that its claim is below; when W have, each under the life that counts,
// in a round that began after it was asked, it is confirmed. Nothing is written
// for it.
//
// Suppose that a later owner had committed something before. Then it had been
// given promises first that meet every W members of this owner's home set (or one
// before it had, on whose order it builds). So one of the W that answered had
// promised it, and under the life that counts, for a promise is written before it
// is given, and who has lost what it wrote answers under another life. It would
// have refused to answer. What this owner or an earlier one has committed, the
// owner knows: its own order begins with all of that.
//
// # What is damaged
//
// A copy of which something is missing, a message, a key or something stored, is
// replaced by a whole one as soon as there is an owner. Until then it counts as
// lost for whatever it held, but not for what it promised. Only if more copies than
// may be lost at once are damaged is the best of them taken, since to whoever asks
// for a message that is gone this is said. What was stored is not, as nobody can
// be told what of it is missing: a copy whose storage is torn gives nothing, and as
// long as what was committed may be on torn copies alone nobody owns the room
// (ReasonTorn). A torn copy is never taken for an empty one.
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
// A ring may be retired only when every turn that some W members of one of
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
