// Package history is what a fault run leaves behind: who published what and
// when, what every stream was shown, which faults were at work, and what the
// nodes' disks held at the end. It is kept as lines of JSON in the order in
// which things were noted, so that a run can be judged again later, by a checker
// that has learned more since.
//
// All times are nanoseconds since the run began, on one monotonic clock of one
// process, so that they can be compared: what returned before something else was
// called did happen before it.
package history
