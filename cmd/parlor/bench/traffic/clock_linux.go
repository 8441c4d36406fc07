package traffic

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// NewClock anchors a Clock to CLOCK_MONOTONIC.
func NewClock() (Clock, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return Clock{}, fmt.Errorf("read monotonic clock: %w", err)
	}
	return Clock{base: ts.Nano(), start: time.Now()}, nil
}
