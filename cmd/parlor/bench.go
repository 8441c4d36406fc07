package main

import (
	"context"
	"errors"

	"github.com/parlor-sse/parlor/cmd/parlor/bench"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

func runBench(ctx context.Context, args []string, p process) error {
	err := bench.Main(ctx, args, p.stdout, p.stderr)
	var usage bench.UsageError
	if errors.As(err, &usage) {
		return cli.UsageError(usage)
	}
	return err
}
