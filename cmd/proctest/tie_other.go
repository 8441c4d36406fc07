//go:build !linux

package proctest

import "os/exec"

func tie(*exec.Cmd) {}
