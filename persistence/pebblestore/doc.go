// Package pebblestore keeps rooms on disk, in a Pebble store.
//
// A room is one meta value, a ring of record slots overwritten in place, slots
// of idempotency keys likewise, a value for each item that it stores, and a fence
// if other nodes hold copies of it. Overwriting leaves no tombstones, so a store
// whose rooms are busy stays as large as its rooms are many. A room that sleeps
// costs disk and no memory.
//
// Rooms are also found by the time of their alarm and by their object id, without
// being read: each has a key of its own among the alarms, and among the ids. What
// changes neither never touches these: a turn that is one message is a record and
// a meta.
//
// A copy that replaces a room first deletes the slots and items there are, in
// the batch that brings the new ones: no record of an order that was given up
// is left to be judged.
//
// One Commit is one Pebble batch and one fsync. An error on the way to the
// disk ends the process (Config.Fatal), because after a failed fsync nobody
// knows what the disk holds.
//
// Pebble can lose the end of its log without saying so: a log cut short or
// damaged near its end reads as one that ended there, and a manifest likewise.
// Two things make such a loss visible. Each open after an end that was not
// clean begins a new life (persistence.Life). And an end counts as clean only
// if everything went to tables, the log was left empty, and the manifest is
// still the one that the store left behind.
package pebblestore
