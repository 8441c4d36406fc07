package bench

import (
	"context"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/floor"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
)

// floorName is what the floor server is called in results.
const floorName = "floor"

// floorPeer starts the floor server, in a process of this program.
type floorPeer struct {
	exe string
}

func (floorPeer) name() string    { return floorName }
func (floorPeer) missing() string { return "" }

func (f floorPeer) start(ctx context.Context, _ string) (*server, error) {
	w, err := startWorker(ctx, f.exe, roleFloor)
	if err != nil {
		return nil, err
	}
	var listening floor.ListenReport
	if err := w.Call(ctx, floor.OpListen, nil, &listening); err != nil {
		w.stop()
		return nil, err
	}
	return &server{
		name: f.name(), addr: listening.Addr, connectPath: "/{room}", mode: ssecheck.ByID,
		processes: func() ([]int, error) { return []int{w.pid()}, nil },
		source:    w,
		drop:      func(ctx context.Context) error { return w.Call(ctx, floor.OpDrop, nil, nil) },
		stop:      w.stop,
	}, nil
}
