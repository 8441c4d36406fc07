package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/fault"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/figures"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
)

// longestRun bounds one run, from the first process to the last look at a disk.
const longestRun = 10 * time.Minute

// session is all runs of one call.
type session struct {
	opt     options
	dir     string
	network network.Network
	rows    []figures.Row
}

// runAll runs every fault as often as asked for and reports.
func runAll(ctx context.Context, o options) (err error) {
	if o.parlor, err = filepath.Abs(o.parlor); err != nil {
		return err
	}
	if _, err := os.Stat(o.parlor); err != nil {
		return fmt.Errorf("program under test: %w", err)
	}
	s := &session{opt: o, dir: o.dir}
	if s.dir == "" {
		s.dir, err = os.MkdirTemp("", "parlor-faults-")
	} else {
		s.dir, err = filepath.Abs(s.dir)
	}
	if err == nil {
		err = os.MkdirAll(s.dir, 0o755)
	}
	if err != nil {
		return err
	}
	if s.network, err = newNetwork(o); err != nil {
		return fmt.Errorf("make the network: %w", err)
	}
	fmt.Fprintf(os.Stderr, "seed %d, %d nodes, %s\n", o.seed, o.nodes, s.network.Kind())
	for i := range o.runs {
		for _, kind := range o.faults {
			if ctx.Err() != nil {
				break
			}
			s.one(ctx, kind, o.seed+uint64(i))
		}
	}
	return s.finish(ctx)
}

// one makes one run and notes its row.
func (s *session) one(ctx context.Context, kind fault.Kind, seed uint64) {
	row := figures.Row{Fault: kind.Name, Seed: seed}
	if row.Skipped = kind.Missing(s.opt.nodes, s.network); row.Skipped == "" {
		began := time.Now()
		ctx, cancel := context.WithTimeout(ctx, longestRun)
		defer cancel()
		dir := filepath.Join(s.dir, fmt.Sprintf("%s-%d", kind.Name, seed))
		var err error
		if row, err = newStaging(s.opt, kind, seed, dir, s.network).run(ctx); err != nil {
			row.Fault, row.Seed, row.Error = kind.Name, seed, err.Error()
		}
		row.Dir = dir
		if row.OK() && !s.opt.keep && s.opt.dir == "" {
			_ = os.RemoveAll(dir) // what is left of it is removed with the session's
			row.Dir = ""
		}
		fmt.Fprintf(os.Stderr, "%s, seed %d, %v: %s\n", kind.Name, seed, time.Since(began).Round(time.Second), row.Verdict())
	} else {
		fmt.Fprintf(os.Stderr, "%s: %s\n", kind.Name, row.Verdict())
	}
	s.rows = append(s.rows, row)
}

// finish writes the report and removes what nobody needs.
func (s *session) finish(ctx context.Context) error {
	var faults []string
	for _, k := range s.opt.faults {
		faults = append(faults, k.Name)
	}
	figures.Sort(s.rows, faults)
	verdict := report(os.Stdout, s.rows)
	if s.opt.runs > 1 {
		fmt.Println()
		verdict = errors.Join(verdict, figures.Text(os.Stdout, figures.Merge(s.rows)))
	}
	for name, write := range map[string]func(io.Writer, []figures.Row) error{
		"report.txt": figures.Text, "report.md": figures.Markdown, "report.json": figures.JSON,
	} {
		if err := writeFile(filepath.Join(s.dir, name), s.rows, write); err != nil {
			return errors.Join(verdict, err)
		}
	}
	if verdict == nil && ctx.Err() == nil && !s.opt.keep && s.opt.dir == "" {
		return os.RemoveAll(s.dir)
	}
	fmt.Fprintln(os.Stderr, "kept in", s.dir)
	return errors.Join(verdict, context.Cause(ctx))
}

func writeFile(path string, rows []figures.Row, write func(io.Writer, []figures.Row) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file, rows), file.Close())
}

// report prints the table and what was broken. The error is errBroken if
// anything was.
func report(w io.Writer, rows []figures.Row) error {
	if err := figures.Text(w, rows); err != nil {
		return err
	}
	var verdict error
	for _, row := range rows {
		if row.OK() {
			continue
		}
		verdict = errBroken
		fmt.Fprintf(w, "\n%s, seed %d: %s\n", row.Fault, row.Seed, row.Verdict())
		if row.Dir != "" {
			fmt.Fprintf(w, "  kept in %s\n", row.Dir)
		}
		if row.Result == nil {
			continue
		}
		for _, v := range row.Result.Violations {
			fmt.Fprintf(w, "  %v\n", v)
		}
	}
	return verdict
}
