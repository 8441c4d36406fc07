package run

import (
	"fmt"
	"os"
	"syscall"
)

// MountDisk makes dir a disk of its own, of so many bytes. Nobody unmounts it:
// it goes with the namespace of the harness, outside of which it never was.
func MountDisk(dir string, size int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", size)); err != nil {
		return fmt.Errorf("mount a disk at %s: %w", dir, err)
	}
	return nil
}
