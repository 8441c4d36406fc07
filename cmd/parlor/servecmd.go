package main

import (
	"context"
	"errors"

	"github.com/parlor-sse/parlor/persistence"
)

func runServe(ctx context.Context, args []string, p process) error {
	cfg, err := loadServeConfig(args, p)
	if err != nil {
		return err
	}
	err = serve(ctx, cfg, p.stdout, p.stderr)
	if errors.Is(err, persistence.ErrLocked) || errors.Is(err, persistence.ErrFormat) {
		// Another directory or another program is needed, which is for the
		// caller to change.
		return refuse("data", "can't use %s: %v", cfg.data, err)
	}
	return err
}
