//go:build !linux

package procstat

import (
	"errors"
	"time"
)

// CPU is not available on this system.
func CPU([]int) (time.Duration, error) { return 0, errors.ErrUnsupported }

// MemoryOf is not available on this system.
func MemoryOf([]int) (Memory, error) { return Memory{}, errors.ErrUnsupported }

// KernelNow is not available on this system.
func KernelNow() (Kernel, error) { return Kernel{}, errors.ErrUnsupported }

// Children is not available on this system.
func Children(int) ([]int, error) { return nil, errors.ErrUnsupported }

// MaxFiles is not available on this system.
func MaxFiles() (int, error) { return 0, errors.ErrUnsupported }
