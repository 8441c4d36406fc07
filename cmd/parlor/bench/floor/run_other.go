//go:build !linux

package floor

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Run is not available on this system.
func Run(context.Context, io.Reader, io.Writer) error {
	return fmt.Errorf("floor server: %w", errors.ErrUnsupported)
}
