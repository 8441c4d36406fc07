package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
)

const (
	connectPath = "/connect?room={room}&replay=0"
	publishPath = "/broadcast?room={room}"
)

// startWait bounds a server's start.
const startWait = 2 * time.Minute

// parlorName is what this program's own server is called in results.
const parlorName = "parlor"

// parlor starts this program's server.
type parlor struct {
	exe  string
	args []string // more flags for serve
}

func (parlor) name() string    { return parlorName }
func (parlor) missing() string { return "" }

func (p parlor) start(ctx context.Context, dir string) (*server, error) {
	ready, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer ready.Close()
	args := []string{
		"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", filepath.Join(dir, "data"),
		// All streams come from a handful of addresses, and nobody waits for them
		// at the end.
		"--streams-per-ip", "1000000", "--drain", "0s", "--log-level", "warn", "--ready-fd", "3",
	}
	cmd := exec.Command(p.exe, append(args, p.args...)...)
	cmd.ExtraFiles = []*os.File{writer} // the first of them is descriptor 3
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PARLOR_") })
	c, err := startChild(ctx, cmd)
	writer.Close() // so that the server's end is the end of what can be read
	if err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	listen, adminAddr, err := readReady(ready)
	if err == nil {
		err = errors.Join(checkLoopback(listen), checkLoopback(adminAddr))
	}
	if err != nil {
		c.stop()
		return nil, c.failure(fmt.Errorf("start server: %w", err))
	}
	a := admin{base: "http://" + adminAddr}
	return &server{
		name: parlorName, addr: listen, connectPath: connectPath, publishPath: publishPath, mode: ssecheck.ByID,
		processes: func() ([]int, error) { return []int{c.pid()}, nil },
		collect:   a.collect,
		counters:  a.counters,
		stop:      c.stop,
	}, nil
}

// readReady reads the line that tells where the server listens.
func readReady(ready *os.File) (listen, admin string, err error) {
	if err := ready.SetReadDeadline(time.Now().Add(startWait)); err != nil {
		return "", "", err
	}
	line, err := bufio.NewReader(ready).ReadString('\n')
	if err != nil {
		return "", "", fmt.Errorf("not ready: %w", err)
	}
	for field := range strings.FieldsSeq(line) {
		switch name, value, _ := strings.Cut(field, "="); name {
		case "listen":
			listen = value
		case "admin":
			admin = value
		}
	}
	if listen == "" || admin == "" {
		return "", "", fmt.Errorf("unexpected line %q", line)
	}
	return listen, admin, nil
}

// attached is a server that somebody else has started.
type attached struct {
	opt options
}

func (attached) name() string    { return "target" }
func (attached) missing() string { return "" }

func (a attached) start(context.Context, string) (*server, error) {
	s := &server{
		name: a.name(), addr: a.opt.target.Host, connectPath: connectPath, publishPath: publishPath,
		token: a.opt.token, mode: ssecheck.ByID,
		processes: func() ([]int, error) { return nil, nil },
		stop:      func() {},
	}
	if pid := a.opt.targetPID; pid > 0 {
		s.processes = func() ([]int, error) { return []int{pid}, nil }
	}
	if a.opt.targetAdmin != nil {
		admin := admin{base: "http://" + a.opt.targetAdmin.Host}
		s.collect, s.counters = admin.collect, admin.counters
	}
	return s, nil
}
