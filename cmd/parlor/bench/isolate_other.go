//go:build !linux

package bench

import "os/exec"

// isolate does nothing on this system, where bench does not run.
func isolate(*exec.Cmd) {}
