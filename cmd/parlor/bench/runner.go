package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// runner measures everything that the options ask for.
type runner struct {
	opt      options
	exe      string
	dir      string // for files of all servers; removed at the end
	rigs     int    // rigs so far: each has a folder and room names of its own
	progress *progress
	result   *result
}

func newRunner(opt options, stdout, stderr io.Writer) (*runner, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "parlor-bench-")
	if err != nil {
		return nil, err
	}
	r := &runner{opt: opt, exe: exe, dir: dir, progress: newProgress(stderr)}
	r.result = newResult(opt, dir)
	if opt.peers {
		if why := findNchan().missing(); why != "" {
			fmt.Fprintln(stdout, "Nchan is left out:", why)
			r.result.note("Nchan is left out: " + why)
		}
	}
	return r, nil
}

// cleanUp removes everything from disk. Processes are gone already: every rig
// is closed by who made it.
func (r *runner) cleanUp() { _ = os.RemoveAll(r.dir) }

// primary is the server that all this is about.
func (r *runner) primary() peer {
	if r.opt.target != nil {
		return attached{r.opt}
	}
	return parlor{exe: r.exe, args: r.opt.serverArgs}
}

// peers are the servers to measure side by side: the floor first, then the
// primary, then others.
func (r *runner) peers(withFloor bool) []peer {
	var all []peer
	if withFloor {
		all = append(all, floorPeer{r.exe})
	}
	all = append(all, r.primary())
	if n := findNchan(); r.opt.peers && n.missing() == "" {
		all = append(all, n)
	}
	return all
}

// step is one measurement.
type step struct {
	title   string
	planned time.Duration
	run     func(context.Context) error
}

// plan lists all measurements. Rounds are outermost, so that a disturbance of
// some minutes spoils one round of everything rather than all of something.
func (r *runner) plan() []step {
	var steps []step
	for round := range r.opt.rounds {
		for _, s := range allScenarios() {
			if s.chosen(r.opt) {
				steps = append(steps, s.steps(r, round)...)
			}
		}
	}
	return steps
}

// run performs the plan. A failing step does not keep the others from running;
// the end of ctx does.
func (r *runner) run(ctx context.Context) error {
	steps := r.plan()
	if len(steps) == 0 {
		return errors.New("nothing to measure: the scenarios chosen need a server that bench starts")
	}
	r.progress.begin(steps)
	defer r.progress.end()
	var errs []error
	for i, s := range steps {
		r.progress.step(i, s)
		if err := s.run(ctx); err != nil {
			if ctx.Err() != nil {
				r.result.note("interrupted during " + s.title)
				return errors.Join(append(errs, context.Cause(ctx))...)
			}
			err = fmt.Errorf("%s: %w", s.title, err)
			r.result.note("failed: " + err.Error())
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// newRig starts a server with nothing on its disk, and rooms that no server has
// seen.
func (r *runner) newRig(ctx context.Context, p peer) (*rig, error) {
	dir, err := r.freshDir()
	if err != nil {
		return nil, err
	}
	return r.newRigIn(ctx, p, dir)
}

// freshDir makes a folder for a server's files.
func (r *runner) freshDir() (string, error) {
	r.rigs++
	dir := filepath.Join(r.dir, strconv.Itoa(r.rigs))
	return dir, os.Mkdir(dir, 0o700)
}

// newRigIn starts a server over the files in dir.
func (r *runner) newRigIn(ctx context.Context, p peer, dir string) (*rig, error) {
	s, err := p.start(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &rig{exe: r.exe, server: s, rooms: traffic.Rooms{Prefix: r.roomPrefix(), Count: 1}}, nil
}

// roomPrefix is unique to this process and rig: a server that was running
// before may have seen other runs.
func (r *runner) roomPrefix() string {
	return fmt.Sprintf("bench-%d-%d", os.Getpid(), r.rigs)
}
