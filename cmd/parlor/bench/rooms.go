package bench

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/procstat"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// sampledRooms is how many rooms are looked into after the restart.
const sampledRooms = 100

// roomsSteps measures rooms that exist only on disk. It needs to restart the
// server, so that a target which others have started is left out.
func (r *runner) roomsSteps(round int) []step {
	if r.opt.target != nil {
		return nil
	}
	p := parlor{exe: r.exe, args: r.opt.serverArgs}
	const roomsASecond = 10_000 // a guess, for the progress display
	return []step{{
		title:   fmt.Sprintf("rooms, %s, %d rooms", p.name(), r.opt.rooms),
		planned: 2*overhead + time.Duration(r.opt.rooms)*time.Second/roomsASecond,
		run:     func(ctx context.Context) error { return r.sleepingRooms(ctx, p, round) },
	}}
}

// sleepingRooms fills rooms, restarts the server over them, and measures it.
func (r *runner) sleepingRooms(ctx context.Context, p parlor, round int) error {
	dir, err := r.freshDir()
	if err != nil {
		return err
	}
	empty, err := diskBytes(dir)
	if err != nil {
		return err
	}
	report, rooms, err := r.fillRooms(ctx, p, dir)
	if err != nil {
		return err
	}
	full, err := diskBytes(dir)
	if err != nil {
		return err
	}
	begin := time.Now()
	g, err := r.newRigIn(ctx, p, dir)
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	defer g.close()
	started := time.Since(begin)
	pids, err := g.server.processes()
	if err != nil {
		return err
	}
	memory, err := procstat.MemoryOf(pids)
	if err != nil {
		return err
	}
	g.rooms = rooms
	c, err := g.sampleRooms(ctx)
	if err != nil {
		return err
	}
	c.Accepted, c.Refused, c.Unknown = report.Accepted, report.Refused, report.Unknown
	r.result.check("rooms", p, round, c)

	s := subject{system: p.name()}
	r.result.add(roomsWrite, s, perSecond(report.Accepted, report.Elapsed))
	r.result.add(roomsDisk, s, float64(full-empty)/float64(rooms.Count))
	r.result.add(roomsStart, s, started.Seconds())
	r.result.add(roomsMemory, s, float64(memory.Private)/1e6)
	r.result.add(roomsResident, s, float64(memory.Resident)/1e6)
	return nil
}

// fillRooms publishes one message to each room, on a server of its own that it
// ends in order.
func (r *runner) fillRooms(ctx context.Context, p parlor, dir string) (traffic.PublishReport, traffic.Rooms, error) {
	g, err := r.newRigIn(ctx, p, dir)
	if err != nil {
		return traffic.PublishReport{}, traffic.Rooms{}, err
	}
	defer g.close()
	g.rooms.Count = r.opt.rooms
	if err := g.open(ctx, r.opt.publishers, r.opt.size); err != nil {
		return traffic.PublishReport{}, g.rooms, err
	}
	report, err := g.publish(ctx, traffic.PublishSpec{Concurrency: r.opt.publishers, Each: true})
	if err == nil && report.Accepted < uint64(r.opt.rooms) {
		err = fmt.Errorf("%d of %d rooms were filled: %s", report.Accepted, r.opt.rooms, report.Error)
	}
	return report, g.rooms, err
}

// sampleRooms opens a stream on some of the rooms and checks that each gets the
// one message that its room keeps.
func (g *rig) sampleRooms(ctx context.Context) (check, error) {
	sample := min(g.rooms.Count, sampledRooms)
	spec := g.connectSpec(0)
	spec.Path = strings.ReplaceAll(spec.Path, "&replay=0", "")
	spec.Streams = sample
	connected, err := g.connectOne(ctx, 0, spec)
	if err != nil {
		return check{}, err
	}
	g.accepted = make([]uint64, sample)
	for i := range g.accepted {
		g.accepted[i] = 1
	}
	settled, err := g.settle(ctx)
	return newCheck(connected, nil, settled), err
}

// diskBytes is the size of all files in a folder.
func diskBytes(dir string) (int64, error) {
	var total int64
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
