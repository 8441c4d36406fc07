// Package persistence defines what a room leaves behind: positions, records,
// and the Store contract under which a room's last messages survive the
// process that wrote them.
//
// The package holds the vocabulary, an in-memory store and the group commit
// that gathers the writes of all rooms into one durable batch. Disk lives in
// persistence/pebblestore; persistence/persistencetest is the suite that every
// store has to pass.
package persistence
