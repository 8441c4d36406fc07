//go:build linux

package network_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
)

// What a child process of the test is for.
const (
	roleVariable    = "PARLOR_NETWORK_TEST_ROLE"
	addressVariable = "PARLOR_NETWORK_TEST_ADDRESS"
)

func TestMain(m *testing.M) {
	address := os.Getenv(addressVariable)
	switch os.Getenv(roleVariable) {
	case "listen":
		ln, err := net.Listen("tcp", address)
		if err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("listening\n")
		for {
			conn, err := ln.Accept()
			if err != nil {
				os.Exit(1)
			}
			_ = conn.Close()
		}
	case "dial":
		conn, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
		if err != nil {
			os.Exit(1)
		}
		_ = conn.Close()
		return
	}
	os.Exit(m.Run())
}

func TestLoopback(t *testing.T) {
	var n network.Loopback
	a, err := n.Host(0)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := n.Host(1)
	if !net.ParseIP(a).IsLoopback() || !net.ParseIP(b).IsLoopback() || a == b {
		t.Errorf("hosts %s and %s", a, b)
	}
	if hub := n.Hub(); !net.ParseIP(hub).IsLoopback() || hub == a || hub == b {
		t.Errorf("the harness is at %s", hub)
	}
	if err := n.Block(0, 1); !errors.Is(err, network.ErrNoLinks) {
		t.Errorf("block: %v", err)
	}
	if err := n.Lose(0, 1); !errors.Is(err, network.ErrNoLinks) {
		t.Errorf("lose: %v", err)
	}
	if err := n.Heal(); err != nil {
		t.Errorf("heal: %v", err)
	}
}

// TestNamespaces runs once more, in namespaces of its own, and cuts links there.
func TestNamespaces(t *testing.T) {
	if network.Inside() {
		testLinks(t)
		return
	}
	if err := network.Available(); err != nil {
		t.Skip(err)
	}
	args := os.Args
	defer func() { os.Args = args }()
	os.Args = []string{os.Args[0], "-test.run=^TestNamespaces$", "-test.v"}
	code, err := network.Enter(context.Background())
	if err != nil || code != 0 {
		t.Errorf("exit code %d, error %v", code, err)
	}
}

func testLinks(t *testing.T) {
	n, err := network.NewNamespaces()
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for i := range 2 {
		host, err := n.Host(i)
		if err != nil {
			t.Fatal(err)
		}
		again, err := n.Host(i)
		if err != nil || again != host {
			t.Fatalf("asked again: %s, %v", again, err)
		}
		addresses = append(addresses, net.JoinHostPort(host, "5000"))
		listen := child(n.Command(i, []string{exe}), "listen", addresses[i])
		out, err := listen.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := listen.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listen.Process.Kill(); _ = listen.Wait() })
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	reach := func(from, to int) bool {
		return child(n.Command(from, []string{exe}), "dial", addresses[to]).Run() == nil
	}
	fromHub := func(to int) bool { return child([]string{exe}, "dial", addresses[to]).Run() == nil }
	check := func(what string, want bool) {
		t.Helper()
		if reach(0, 1) != want || reach(1, 0) != want {
			t.Errorf("%s: reached each other, want %v", what, want)
		}
		if !fromHub(0) || !fromHub(1) {
			t.Errorf("%s: the harness does not reach a host", what)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check("at first", true)
	must(n.Block(0, 1)) // answers need both ways
	check("blocked", false)
	must(n.Heal())
	check("healed", true)
	must(n.Lose(1, 1))
	check("all lost", false)
	must(n.Heal())
	check("healed again", true)
	if _, err := n.Host(1000); err == nil {
		t.Error("got a host 1000")
	}
}

// child prepares this program in another role.
func child(command []string, role, address string) *exec.Cmd {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, addressVariable+"="+address)
	return cmd
}
