//go:build !linux

package run

import "errors"

// MountDisk is had on Linux only.
func MountDisk(string, int) error { return errors.New("mount a disk: not on this system") }
