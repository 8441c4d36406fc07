// Package proctest has tests run real processes: it builds programs, starts them,
// reads what they write, waits for them, and ends them as a person or a power cut
// would.
//
// A process ends with the test that started it. One that panics or races makes
// that test fail. Functions and methods that take or keep a test are for its own
// goroutine, unless they say otherwise.
package proctest
