package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/figures"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
)

// Exit codes.
const (
	exitBroken = 1 // a promise was broken, or a run could not be made
	exitUsage  = 2
)

// errBroken says that some run broke a promise. The report has told which.
var errBroken = errors.New("promises were broken")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(command(ctx, os.Args[1:]))
}

// command runs the program and returns its exit code.
func command(ctx context.Context, args []string) int {
	o, err := parseOptions(args, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(os.Stderr, "faults:", err)
		return exitUsage
	case o.recheck != "":
		err = recheck(o.recheck)
	default:
		var inside bool
		var code int
		if inside, code, err = enter(ctx, o); inside {
			return code
		}
		if err == nil {
			err = runAll(ctx, o)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		return exitBroken
	}
	return 0
}

// enter runs the program again in namespaces, if they are wanted and this is not
// already that run.
func enter(ctx context.Context, o options) (entered bool, code int, err error) {
	if o.network == networkLoopback || network.Inside() {
		return false, 0, nil
	}
	if err := network.Available(); err != nil {
		if o.network == networkNamespaces {
			return false, 0, err
		}
		fmt.Fprintf(os.Stderr, "faults: without network namespaces (%v), so faults of links are skipped\n", err)
		return false, 0, nil
	}
	code, err = network.Enter(ctx)
	return err == nil, code, err
}

// newNetwork makes the network that enter has led to.
func newNetwork(o options) (network.Network, error) {
	if o.network != networkLoopback && network.Inside() {
		return network.NewNamespaces()
	}
	return network.Loopback{}, nil
}

// recheck judges the history of an earlier run.
func recheck(dir string) error {
	path := dir
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		path = filepath.Join(dir, history.FileName)
	}
	h, err := history.Load(path)
	if err != nil {
		return err
	}
	row := figures.New(h, checker.Check(h))
	return report(os.Stdout, []figures.Row{row})
}
