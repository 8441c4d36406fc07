// Package persistencetest is the suite that every persistence.Store passes.
package persistencetest

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// Subject is one place that a store keeps its data in.
type Subject struct {
	// Open opens the store on that place with the history size given, and fails
	// the test if it cannot. At most one store is open at a time, and the suite
	// closes it.
	Open func(t *testing.T, history int) persistence.Store
	// Persistent tells that what was committed is there after Close and Open.
	Persistent bool
	// Crash, for stores that survive one, takes the power from the store that
	// is open, and the process with it: nothing more reaches the place. The
	// suite does not touch that store again. Nil: not tried.
	Crash func(t *testing.T)
}

// Run runs the suite. newSubject returns an empty place of its own for each
// test.
func Run(t *testing.T, newSubject func(t *testing.T) Subject) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Subject)
		// What the subject has to be capable of.
		persistent, crash bool
	}{
		{name: "Life", run: testLife},
		{name: "EmptyRoom", run: testEmptyRoom},
		{name: "History", run: testHistory},
		{name: "HistoryOfOneBatch", run: testHistoryOfOneBatch},
		{name: "LateStart", run: testLateStart},
		{name: "Lineage", run: testLineage},
		{name: "Keys", run: testKeys},
		{name: "ManyRooms", run: testManyRooms},
		{name: "Turns", run: testTurns},
		{name: "TurnsOfOneBatch", run: testTurnsOfOneBatch},
		{name: "Storage", run: testStorage},
		{name: "StorageOfOneBatch", run: testStorageOfOneBatch},
		{name: "StorageOfManyItems", run: testStorageOfManyItems},
		{name: "StorageIsTheCallers", run: testStorageIsTheCallers},
		{name: "Alarms", run: testAlarms},
		{name: "AlarmsOfCopies", run: testAlarmsOfCopies},
		{name: "AlarmsCallStore", run: testAlarmsCallStore},
		{name: "Find", run: testFind},
		{name: "Fence", run: testFence},
		{name: "FenceAlone", run: testFenceAlone},
		{name: "Copy", run: testCopy},
		{name: "CopyReplacesEverything", run: testCopyReplacesEverything},
		{name: "CopyContinues", run: testCopyContinues},
		{name: "Forget", run: testForget},
		{name: "MixedBatch", run: testMixedBatch},
		{name: "InvalidWrite", run: testInvalidWrite},
		{name: "InvalidTurn", run: testInvalidTurn},
		{name: "InvalidKinds", run: testInvalidKinds},
		{name: "InvalidRoom", run: testInvalidRoom},
		{name: "Rooms", run: testRooms},
		{name: "RoomsWithFences", run: testRoomsWithFences},
		{name: "RoomsPaged", run: testRoomsPaged},
		{name: "RoomsCallsStore", run: testRoomsCallsStore},
		{name: "Close", run: testClose},
		{name: "LoadDuringCommit", run: testLoadDuringCommit},
		{name: "LoadDuringCopy", run: testLoadDuringCopy},
		{name: "Reopen", run: testReopen, persistent: true},
		{name: "ReopenCopies", run: testReopenCopies, persistent: true},
		{name: "HistoryChange", run: testHistoryChange, persistent: true},
		{name: "HistoryChangeUnloaded", run: testHistoryChangeUnloaded, persistent: true},
		{name: "Crash", run: testCrash, crash: true},
		{name: "CrashTwice", run: testCrashTwice, crash: true},
		{name: "CrashKeepsFences", run: testCrashKeepsFences, crash: true},
		{name: "CrashKeepsCopies", run: testCrashKeepsCopies, crash: true},
		{name: "CrashKeepsTurns", run: testCrashKeepsTurns, crash: true},
		{name: "Model", run: testModel},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSubject(t)
			if test.persistent && !s.Persistent {
				t.Skip("the store keeps nothing past Close")
			}
			if test.crash && s.Crash == nil {
				t.Skip("the store is not made to crash")
			}
			test.run(t, s)
		})
	}
}
