package run

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// Sizes of a disk that can be made to fail, in bytes: what it says it has, and
// what it has.
const (
	failingSays = 512 << 20
	failingHas  = 96 << 20
)

// MountFailingDisk makes dir a file system that lies in a file. The file has
// holes, on a disk that is smaller than it: once that disk is full, what is
// written to dir is taken, and fails when it is to be synced. It returns the
// directory of the disk below. Like every mount of the harness it goes with the
// harness's namespace.
func MountFailingDisk(ctx context.Context, dir string) (below string, err error) {
	below = dir + ".below"
	if err := MountDisk(below, failingHas); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	image := filepath.Join(below, "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return "", err
	}
	if err := os.Truncate(image, failingSays); err != nil {
		return "", err
	}
	for _, args := range [][]string{{"mkfs.ext4", "-q", image}, {"mount", "-o", "loop", image, dir}} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", args[0], err, out)
		}
	}
	return below, os.Chmod(dir, 0o700)
}

// UnmountDisk takes a mounted disk out of its directory, which is then empty.
func UnmountDisk(dir string) error {
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", dir, err)
	}
	return nil
}
