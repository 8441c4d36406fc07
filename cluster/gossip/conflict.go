package gossip

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	// rivalFor is how long others may keep saying that the rival is alive until
	// they are believed. A process that came back at another address meets its
	// own former self until the others have noticed that one's death.
	rivalFor = 10 * time.Second

	rivalPings = 3               // to find out directly
	rivalFresh = time.Second     // for how long a claim makes this node hurry
	rivalQuiet = 5 * time.Second // without claims, after which the next one is a new story
)

// ConflictError says that this node's name is in use.
type ConflictError struct {
	Name    string
	Address string // host:port of the node that has it
}

// Error returns one sentence for an operator.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("node name %q is in use by the node at %s, which is alive and was there first: give this node another name",
		e.Name, e.Address)
}

// rivals keeps who, having started earlier, claims this node's name. It may be
// used from any goroutine.
type rivals struct {
	// Static after construction.
	wake   chan struct{} // holds a token after a claim
	report chan error    // gets one error at most

	mu       sync.Mutex
	address  string    // of the latest claim
	since    time.Time // of the first claim in a row
	last     time.Time // of the latest claim
	reported bool
}

func newRivals() *rivals {
	return &rivals{wake: make(chan struct{}, 1), report: make(chan error, 1)}
}

// claim takes it that a node at address, said to be alive, has this node's name.
func (r *rivals) claim(address string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.last) > rivalQuiet {
		r.since = now
	}
	r.address, r.last = address, now
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// standing returns the latest claim's address, and whether claims have come for
// so long that the node there must be alive.
func (r *rivals) standing() (address string, long bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.address, r.last.Sub(r.since) >= rivalFor
}

// pressing reports whether a claim came just now.
func (r *rivals) pressing(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Sub(r.last) < rivalFresh
}

// lose reports, once, that the name is the other's.
func (r *rivals) lose(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.reported {
		r.reported = true
		r.report <- err
	}
}

// lost reports whether the name is the other's.
func (r *rivals) lost() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reported
}

// contest takes it that other, said to be alive elsewhere, has this node's
// name. The one that started later has to give way. It is called with
// memberlist's locks held.
func (g *Gossip) contest(other *memberlist.Node) {
	g.metrics.conflicts.Inc()
	address := other.Address()
	m, _ := DecodeMeta(other.Meta) // of one that says nothing of its start it is not known to be later
	if wasFirst(g.meta().Started, g.address, m.Started, address) {
		g.lines.tell(slog.LevelWarn, "another node uses the name of this one; as the later one it is kept out", address, "name", g.cfg.Name)
		return
	}
	g.rivals.claim(address, time.Now())
}

// wasFirst reports whether of two nodes the first one started earlier. Both
// sides come to opposite answers, so that one of them stays.
func wasFirst(started uint64, address string, otherStarted uint64, otherAddress string) bool {
	return cmp.Or(cmp.Compare(started, otherStarted), cmp.Compare(address, otherAddress)) < 0
}

// settle finds out about each claim whether the rival is alive.
func (g *Gossip) settle() {
	for {
		select {
		case <-g.ctx.Done():
			return
		case <-g.rivals.wake:
		}
		address, long := g.rivals.standing()
		if long || g.answers(address) {
			g.rivals.lose(&ConflictError{Name: g.cfg.Name, Address: address})
			return
		}
		g.lines.tell(slog.LevelInfo, "the name of this node is still another's, who does not answer: waiting for it", address)
	}
}

// answers reports whether the node at address answers to this node's name.
func (g *Gossip) answers(address string) bool {
	to, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return false
	}
	for range rivalPings {
		if g.ctx.Err() != nil {
			return false
		}
		if _, err := g.list.Ping(g.cfg.Name, to); err == nil {
			return true
		}
	}
	return false
}
