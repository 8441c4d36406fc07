package proctest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// ReadyFD is where StartReady has processes say that they serve.
const ReadyFD = "3"

// StartReady starts a process that says on the file descriptor ReadyFD that it
// serves, and returns the line that it writes there. It has to within Patience.
func StartReady(t *testing.T, cmd *exec.Cmd) (p *Process, line string) {
	t.Helper()
	ready, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	cmd.ExtraFiles = []*os.File{tell}
	p = Start(t, cmd)
	_ = tell.Close() // the process has its own: when it ends, so does the pipe
	_ = ready.SetReadDeadline(time.Now().Add(Patience))
	if line, err = bufio.NewReader(ready).ReadString('\n'); err != nil {
		t.Fatalf("%s does not get ready: %q, %v\n%s", cmd.Path, line, err, p.Said())
	}
	return p, line
}

// StartListening starts a process that listens at an address, and returns when it
// can be connected to.
func StartListening(t *testing.T, network, address string, cmd *exec.Cmd) *Process {
	t.Helper()
	p := Start(t, cmd)
	p.eventually("listens at "+address, func() error {
		conn, err := net.Dial(network, address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	return p
}

// Says waits until the standard output of the process matches a regular
// expression, and returns what its first group matches.
func (p *Process) Says(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	p.eventually("says "+pattern, func() error {
		if found = re.FindStringSubmatch(p.Stdout.String()); found == nil {
			return fmt.Errorf("it says %q", p.Said())
		}
		return nil
	})
	return found[1]
}

// eventually is Eventually for what a process does only as long as it runs.
func (p *Process) eventually(what string, check func() error) {
	p.t.Helper()
	Eventually(p.t, p.Cmd.Path+" "+what, func() error {
		over := p.Ended() // asked first, for what it did before it ended counts
		err := check()
		if err != nil && over {
			p.t.Fatalf("%s ended before it %s: %s", p.Cmd.Path, what, p.Said())
		}
		return err
	})
}
