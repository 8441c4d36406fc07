//go:build !linux

package loadclient

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Run is not available on this system: the client needs epoll.
func Run(context.Context, io.Reader, io.Writer) error {
	return fmt.Errorf("load client: %w", errors.ErrUnsupported)
}
