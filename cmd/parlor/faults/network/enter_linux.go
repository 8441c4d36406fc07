package network

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// insideVariable marks a process that Enter started.
const insideVariable = "PARLOR_FAULTS_INSIDE"

// Inside reports whether this process has namespaces of its own.
func Inside() bool { return os.Getenv(insideVariable) != "" }

// Available says what is missing for namespaces on this machine; nil if nothing
// is.
func Available() error {
	for _, tool := range []string{"ip", "iptables"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("there is no %s (Debian: iproute2, iptables)", tool)
		}
	}
	cmd := exec.Command("true")
	cmd.SysProcAttr = privately()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make namespaces: %w", err)
	}
	return nil
}

// privately asks for namespaces of networks, mounts and processes; users other
// than root get one of users, in which they are root.
func privately() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		// The children must not outlive a harness that is killed. All processes
		// inside end with the first.
		Pdeathsig: syscall.SIGKILL,
	}
	if os.Geteuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// Enter runs this program again, with the same arguments, in namespaces of its
// own, passes interrupts on to it, and returns its exit code.
func Enter(ctx context.Context) (int, error) {
	// The kernel takes the end of this thread for that of the parent.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = privately()
	// A terminal sends its interrupt to both; only the child is to act on it.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start in namespaces: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}
