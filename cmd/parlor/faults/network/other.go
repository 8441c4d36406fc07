//go:build !linux

package network

import (
	"context"
	"errors"
)

// errLinux says that namespaces are Linux's.
var errLinux = errors.New("network namespaces are had on Linux only")

// Inside reports whether this process has namespaces of its own.
func Inside() bool { return false }

// Available says what is missing for namespaces on this machine.
func Available() error { return errLinux }

// Enter is not had here.
func Enter(context.Context) (int, error) { return 0, errLinux }

// NewNamespaces is not had here.
func NewNamespaces() (Network, error) { return nil, errLinux }

// Root reports whether this process may mount file systems: not here.
func Root() bool { return false }
