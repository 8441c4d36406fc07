package traffic

import "time"

// Clock reads the machine's monotonic clock, so that times taken by different
// processes can be compared. Build it with NewClock.
type Clock struct {
	base  int64 // machine time at start
	start time.Time
}

// Now is the time in nanoseconds since some moment that is the same for every
// process on this machine. It costs no system call.
func (c Clock) Now() int64 { return c.base + int64(time.Since(c.start)) }
