package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/signal"
	"syscall"

	"github.com/parlor-sse/parlor/persistence"
)

// errData marks what only another directory, or another program, can mend.
var errData = errors.New("unusable data directory")

// dataError marks err with errData if it is of that sort.
func dataError(err error) error {
	for _, sort := range []error{
		persistence.ErrLocked, persistence.ErrFormat, fs.ErrPermission, fs.ErrNotExist, syscall.ENOTDIR, syscall.EROFS,
	} {
		if errors.Is(err, sort) {
			return fmt.Errorf("%w: %w", errData, err)
		}
	}
	return err
}

func runServe(ctx context.Context, args []string, p process) error {
	cfg, err := loadServeConfig(args, p)
	if err != nil {
		return err
	}
	// The log's reader may be gone before the server is: that must not end it.
	signal.Ignore(syscall.SIGPIPE)
	err = serve(ctx, cfg, p.stdout, p.stderr)
	if errors.Is(err, errData) {
		return refuse("data", "can't use %s: %v", cfg.data, err)
	}
	return err
}
