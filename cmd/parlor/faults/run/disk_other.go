//go:build !linux

package run

import (
	"context"
	"errors"
)

var errDisk = errors.New("disks of nodes: not on this system")

// MountDisk is had on Linux only.
func MountDisk(string, int) error { return errDisk }

// MountFailingDisk is had on Linux only.
func MountFailingDisk(context.Context, string) (string, error) { return "", errDisk }

// UnmountDisk is had on Linux only.
func UnmountDisk(string) error { return errDisk }
