//go:build !linux

package traffic

import (
	"errors"
	"fmt"
)

// NewClock is not available on this system.
func NewClock() (Clock, error) {
	return Clock{}, fmt.Errorf("read monotonic clock: %w", errors.ErrUnsupported)
}
