package bench

import (
	"os/exec"
	"syscall"
)

// isolate gives the process a group of its own, so that ^C reaches bench alone,
// which then ends its children in order; and lets the kernel end the process if
// bench itself is killed.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
