package main

import (
	"context"
	"errors"

	"github.com/parlor-sse/parlor/cmd/parlor/bench"
)

func runBench(ctx context.Context, args []string, p process) error {
	err := bench.Main(ctx, args, p.stdout, p.stderr)
	var usage bench.UsageError
	if errors.As(err, &usage) {
		return usageError(usage)
	}
	return err
}
