package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/floor"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/publisher"
)

// How bench starts the processes of its other roles: parlor bench --role=NAME.
const (
	commandName   = "bench"
	roleFlag      = "--role="
	roleClient    = "client"
	rolePublisher = "publisher"
	roleFloor     = "floor"
)

// ErrWrongDeliveries says that streams lost messages, or got them twice or in
// disorder, without the server having said so.
var ErrWrongDeliveries = errors.New("some streams did not get every message once and in order; see the checks")

// Main runs parlor bench with the arguments after its name. It prints the
// results to stdout and, on a terminal, its progress to stderr. A fault of the
// command line is a UsageError, a request for help flag.ErrHelp.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 1 && strings.HasPrefix(args[0], roleFlag) {
		return runRole(ctx, strings.TrimPrefix(args[0], roleFlag))
	}
	opt, err := parseOptions(args, stdout)
	if err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("bench needs Linux, for its readers and for the figures of processes; this is %s", runtime.GOOS)
	}
	if len(opt.nodes) > 0 {
		return loadTest(ctx, opt, stdout)
	}
	return orchestrate(ctx, opt, stdout, stderr)
}

// runRole makes this process a worker that is directed over its standard input
// and output.
func runRole(ctx context.Context, role string) error {
	switch role {
	case roleClient:
		return loadclient.Run(ctx, os.Stdin, os.Stdout)
	case rolePublisher:
		return publisher.Run(ctx, os.Stdin, os.Stdout)
	case roleFloor:
		return floor.Run(ctx, os.Stdin, os.Stdout)
	}
	return UsageError(fmt.Sprintf("there is no role %q", role))
}

// orchestrate measures everything and reports.
func orchestrate(ctx context.Context, opt options, stdout, stderr io.Writer) error {
	r, err := newRunner(opt, stdout, stderr)
	if err != nil {
		return err
	}
	defer r.cleanUp()
	// The figures so far are worth having if it is interrupted or a step fails.
	runErr := r.run(ctx)
	if len(r.result.Figures) == 0 && runErr != nil {
		return runErr
	}
	if err := r.result.write(opt.out, stdout); err != nil {
		return errors.Join(runErr, err)
	}
	if runErr == nil && r.result.wrongDeliveries() {
		return ErrWrongDeliveries
	}
	return runErr
}
