//go:build !unix

package httpfront

import "math"

// descriptorLimit returns how many descriptors this process may have: here they
// are bounded by memory only.
func descriptorLimit() uint64 { return math.MaxUint64 }
