package exampletest

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
)

// Service is a program of somebody else's that runs during a test, such as a
// proxy.
type Service struct{ proc *process }

// LookPath returns where a program of a Debian package is, and skips the test
// where it is not installed.
func LookPath(t *testing.T, program, from string) string {
	t.Helper()
	for _, place := range []string{program, filepath.Join("/usr/sbin", program)} {
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
	}
	t.Skipf("%s is missing: install the package %s", program, from)
	return ""
}

// StartService starts a program that listens at address, HOST:PORT, and returns
// when it can be connected to. It is killed when t ends.
func StartService(t *testing.T, address, program string, args ...string) *Service {
	t.Helper()
	s := &Service{proc: spawn(t, command(t, program, args...))}
	Eventually(t, program+" listens", func() error {
		select {
		case <-s.proc.ended:
			t.Fatalf("%s ended: %s", program, s.Said())
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return fmt.Errorf("not yet: %w", err)
		}
		return conn.Close()
	})
	return s
}

// Said returns what the program has written so far to its standard output and
// error.
func (s *Service) Said() string { return s.proc.said.String() }
