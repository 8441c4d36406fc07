// Package persistence defines what a room leaves behind: turns, with the messages
// that they sent and what they stored, the fence that says whom a copy of the
// room follows, and the Store contract under which all of that survives the
// process that wrote it.
//
// The package holds the vocabulary, an in-memory store and the group commit
// that gathers the writes of all rooms into one durable batch. Disk lives in
// persistence/pebblestore; persistence/persistencetest is the suite that every
// store has to pass.
package persistence
