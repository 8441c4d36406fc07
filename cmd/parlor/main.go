// Command parlor serves rooms of Server-Sent Events and talks to servers that
// do.
package main

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

func main() {
	ctx, stop := cli.UntilSignal()
	code := run(ctx, os.Args[1:], process{
		stdin:   os.Stdin,
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		environ: os.Environ(),
	})
	stop()
	os.Exit(code)
}

// process is what a sub-command sees of the process it runs in.
type process struct {
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	environ []string // KEY=value
}

// getenv returns an environment variable, or "" if it is not set.
func (p process) getenv(name string) string {
	for i := len(p.environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(p.environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// run carries out one command line and returns the exit code. It ends early
// when ctx does.
func run(ctx context.Context, args []string, p process) int {
	if len(args) == 0 {
		p.stdout = p.stderr
		_ = runHelp(ctx, nil, p)
		return cli.ExitUsage
	}
	p.stdin = interruptible{ctx, p.stdin}
	name, args := args[0], args[1:]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-v", "-version", "--version":
		name = "version"
	}
	cmd, ok := findCommand(name)
	if !ok {
		return cli.Report(p.stderr, "parlor", unknownCommand(name))
	}
	return cli.Report(p.stderr, "parlor "+name, cmd.run(ctx, args, p))
}
