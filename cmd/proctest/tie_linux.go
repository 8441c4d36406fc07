package proctest

import (
	"os/exec"
	"syscall"
)

// tie lets the kernel end the process if the test's own is killed.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
