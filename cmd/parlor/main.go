// Command parlor serves rooms of Server-Sent Events and talks to servers that
// do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// The exit codes of every sub-command.
const (
	exitOK      = 0
	exitFailure = 1 // something went wrong while running
	exitUsage   = 2 // the command line or the configuration is at fault
)

func main() {
	ctx, stop := untilSignal()
	code := run(ctx, os.Args[1:], process{
		stdin:   os.Stdin,
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		environ: os.Environ(),
	})
	stop()
	os.Exit(code)
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM, which
// asks for an orderly end. A second one ends the process at once.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	// One channel for both, so that there is no moment at which a signal is lost.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		again := <-signals
		// Now it has its usual effect, so that whoever waits sees what ended us.
		signal.Reset(again)
		if self, err := os.FindProcess(os.Getpid()); err == nil && self.Signal(again) == nil {
			select {}
		}
		os.Exit(exitFailure)
	}()
	return ctx, cancel
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
		return exitUsage
	}
	name, args := args[0], args[1:]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-v", "-version", "--version":
		name = "version"
	}
	cmd, ok := findCommand(name)
	if !ok {
		return report(p.stderr, "parlor", unknownCommand(name))
	}
	err := cmd.run(ctx, args, p)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	return report(p.stderr, "parlor "+name, err)
}

// report prints what is wrong, one line for each complaint, and returns the
// exit code that goes with it.
func report(w io.Writer, who string, err error) int {
	if err == nil {
		return exitOK
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "%s: %s\n", who, strings.TrimRight(line, "\n"))
	}
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailure
}
