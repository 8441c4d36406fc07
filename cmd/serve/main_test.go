package serve

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cluster/clustertest/leaks"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// fasthttp's workers end some time after the last connection; nothing of a node
// hangs on them.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		Main(stubborn())
	}
	leaks.Main(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// result is what a run of a program left behind.
type result struct {
	err            error
	code           int
	stdout, stderr string
}

// run runs a program to its end, which ctx may be the reason of.
func run(ctx context.Context, p Program, args ...string) result {
	var stdout, stderr proctest.Output
	err := Run(ctx, p, args, &stdout, &stderr)
	code := cli.Report(&stderr, p.name(), err)
	return result{err, code, stdout.String(), stderr.String()}
}

// pure returns an environment that is never that of the tests.
func pure(environ []string) []string { return append([]string{}, environ...) }
