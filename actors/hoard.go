package actors

import (
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// hoard knows the lanes to one sink of which more than a little could be given
// up, by about how much. When too much waits on a node the greediest rooms pay
// for it, and for that somebody must know them. A lane is the hoard's business
// only when it comes into another class, so that a room that holds little, or
// about as much as before, does not come here when something is published.
type hoard struct {
	mu      sync.Mutex
	classes [hoardClasses][]*holding // guarded by mu; each of up to twice what those of the one before hold
}

// Classes of a hoard. What holds less than littleBytes is in none, which is class
// 0; the last one takes a full lane.
const (
	littleBytes  = 4 << 10
	hoardClasses = 13
)

// holding is a lane's place in a hoard.
type holding struct {
	lane  *lane // which belongs to its room alone
	room  *actor.PID
	told  atomic.Bool // that it is to shed, and its room has not got to that
	place int         // in its class; guarded by the hoard's mu
}

// hoardClass returns the class of a lane that could give up that many bytes.
func hoardClass(idle int) int { return min(bits.Len(uint(idle/littleBytes)), hoardClasses-1) }

// put has a room's lane, which could give up that many bytes, in its class.
func (h *hoard) put(l *lane, room *actor.PID, idle int) {
	class := hoardClass(idle)
	if class == l.class {
		return
	}
	if l.holding == nil {
		l.holding = &holding{lane: l, room: room}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.class > 0 {
		h.remove(l.class, l.holding.place)
	}
	if l.class = class; class > 0 {
		l.holding.place = len(h.classes[class])
		h.classes[class] = append(h.classes[class], l.holding)
	}
}

// remove takes the lane at a place out of its class. It is called with mu held.
func (h *hoard) remove(class, place int) {
	all := h.classes[class]
	end := len(all) - 1
	all[place] = all[end]
	all[place].place = place
	all[end] = nil
	h.classes[class] = all[:end]
}

// greediest returns one of the lanes that hold most, within a factor of two: l if
// it is one of them. It returns nil if all lanes hold little.
func (h *hoard) greediest(l *lane) *holding {
	h.mu.Lock()
	defer h.mu.Unlock()
	for class := hoardClasses - 1; class > 0; class-- {
		switch all := h.classes[class]; {
		case len(all) == 0:
		case class == l.class:
			return l.holding
		default:
			return all[rand.IntN(len(all))]
		}
	}
	return nil
}
