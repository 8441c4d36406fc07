package serve

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// quietTick is how often memory is looked at.
	quietTick = 5 * time.Second
	// quietAllocs is how much a tick may allocate and still count as quiet.
	quietAllocs = 4 << 20
	// worthFreeing is how much garbage and free memory is worth a collection.
	worthFreeing = 2 << 20
)

// giveBack returns memory to the operating system once a burst is over, until
// ctx ends. The collector by itself keeps about as much again as is in use,
// for the next burst; with many streams open and nothing to do that would be
// most of what they cost.
func giveBack(ctx context.Context) {
	tick := time.NewTicker(quietTick)
	defer tick.Stop()
	sample := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	var last uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(sample)
		allocated := sample[0].Value.Uint64()
		quiet := allocated-last < quietAllocs
		last = allocated
		free, objects, live := sample[1].Value.Uint64(), sample[2].Value.Uint64(), sample[3].Value.Uint64()
		if quiet && free+objects > live+worthFreeing {
			debug.FreeOSMemory()
		}
	}
}
