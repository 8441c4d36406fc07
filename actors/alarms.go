package actors

import (
	"sync"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

const (
	// alarmEvery is how often a node looks for alarms of rooms that sleep, or
	// that were another node's.
	alarmEvery = 250 * time.Millisecond
	// alarmsAtOnce bounds the rooms that are woken for their alarms at one look.
	alarmsAtOnce = 1024
)

// clock wakes rooms of this node whose alarm is due. Those that are awake have
// clocks of their own.
type clock struct {
	node *node
	stop chan struct{}
	work sync.WaitGroup
}

func newClock(n *node) *clock { return &clock{node: n, stop: make(chan struct{})} }

func (c *clock) open() { c.work.Go(c.run) }

func (c *clock) close() {
	close(c.stop)
	c.work.Wait()
}

func (c *clock) run() {
	ticker := time.NewTicker(alarmEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-ticker.C:
			c.look()
		}
	}
}

// look wakes the rooms that are to ring, the earliest first.
func (c *clock) look() {
	n, woken := c.node, 0
	err := n.store.Alarms(time.Now().UnixMilli(), func(key persistence.RoomKey, _ int64) bool {
		if n.place.owns(key) && n.kinds.has(key.Kind) && !n.router.isAwake(key) {
			n.root.Send(n.rooms, toRoom{key: key, message: ring{}})
			woken++
		}
		return woken < alarmsAtOnce
	})
	if err != nil {
		n.log.Error("alarms not read", "err", err)
	}
}
