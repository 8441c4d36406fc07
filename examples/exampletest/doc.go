// Package exampletest tries programs as their users do: it runs them as real
// processes, one or a cluster on loopback, kills them and starts them again over
// what they kept, and talks to them over HTTP. For the logic of a kind of room
// alone it opens rooms in the test's own process.
//
// Whatever a test starts ends with the test, as package proctest has it.
package exampletest
