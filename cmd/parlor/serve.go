package main

import (
	"context"

	"github.com/parlor-sse/parlor/cmd/serve"
)

// runServe runs a node that has nothing of its own.
func runServe(ctx context.Context, args []string, p process) error {
	serve.OwnProcess()
	return serve.Run(ctx, serve.Program{Environ: p.environ}, args, p.stdout, p.stderr)
}
