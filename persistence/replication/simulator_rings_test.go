package replication_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// ring is a numbered list of who holds rooms.
type ring struct {
	version uint64
	holders []simHolder
}

type simHolder struct {
	node int
	life uint64
	lost bool
}

func (r *ring) holder(node int) *simHolder {
	for i := range r.holders {
		if r.holders[i].node == node {
			return &r.holders[i]
		}
	}
	return nil
}

// sameHolders reports whether nothing moves between the rings.
func (r *ring) sameHolders(o *ring) bool {
	return slices.EqualFunc(r.holders, o.holders, func(a, b simHolder) bool { return a.node == b.node && a.life == b.life })
}

// ringDoc is one version of what is agreed: the rings in force, oldest first.
type ringDoc struct {
	rings   []ring
	configs [][]replication.Config // by room
}

func (d *ringDoc) present() *ring { return &d.rings[len(d.rings)-1] }

func (d *ringDoc) String() string {
	var b strings.Builder
	for _, r := range d.rings {
		fmt.Fprintf(&b, "[ring %d:", r.version)
		for _, h := range r.holders {
			fmt.Fprintf(&b, " n%d/%d", h.node, h.life)
			if h.lost {
				b.WriteByte('!')
			}
		}
		b.WriteByte(']')
	}
	return b.String()
}

// owner returns the node that is to own the room, or -1.
func (d *ringDoc) owner(room int) int {
	configs := d.configs[room]
	members := configs[len(configs)-1].Members
	if len(members) == 0 {
		return -1
	}
	return nodeIndex(members[0].Node)
}

func nodeName(i int) string     { return fmt.Sprintf("n%d", i) }
func nodeIndex(name string) int { return int(name[1] - '0') }

// simRings agrees on rings. It is a total order of documents; nodes learn them
// late, but in order.
type simRings struct {
	w         *world
	docs      []*ringDoc
	done      map[int]report // by node
	impaired  map[uint64]map[int]bool
	preferred [][]int // by room: nodes in the order of preference
	limit     int     // rings in force at once; a few are kept for when peace has come
}

// report says that a node has nothing left to hand over for a ring.
type report struct{ ring, life uint64 }

func newSimRings(w *world, rooms, nodes int) *simRings {
	s := &simRings{w: w, done: map[int]report{}, impaired: map[uint64]map[int]bool{}, limit: 5}
	for range rooms {
		s.preferred = append(s.preferred, w.rng.Perm(nodes))
	}
	return s
}

func (s *simRings) latest() *ringDoc { return s.docs[len(s.docs)-1] }

// publish agrees on a document.
func (s *simRings) publish(rings []ring) {
	d := &ringDoc{rings: rings}
	for room := range s.preferred {
		var configs []replication.Config
		for i := range rings {
			configs = append(configs, s.config(room, &rings[i]))
		}
		d.configs = append(d.configs, configs)
	}
	s.docs = append(s.docs, d)
	s.w.tracef("agreed: %v", d)
}

func (s *simRings) config(room int, r *ring) replication.Config {
	c := replication.Config{Ring: r.version}
	for _, node := range s.preferred[room] {
		if h := r.holder(node); h != nil && len(c.Members) < s.w.replicas {
			c.Members = append(c.Members, replication.Member{Node: nodeName(node), Life: h.life, Lost: h.lost})
		}
	}
	return c
}

// change agrees on one more ring.
func (s *simRings) change(holders []simHolder) {
	d := s.latest()
	if len(holders) == 0 || len(d.rings) >= s.limit {
		return
	}
	slices.SortFunc(holders, func(a, b simHolder) int { return a.node - b.node })
	next := ring{version: d.present().version + 1, holders: holders}
	for _, h := range holders {
		// What was lost under a life that still counts stays lost.
		if was := d.present().holder(h.node); was != nil && was.life == h.life && s.impaired[d.present().version][h.node] {
			s.impair(next.version, h.node)
		}
	}
	s.publish(append(slices.Clone(d.rings), next))
}

// tolerated returns how many disks of a home set of n may be lost at once.
func tolerated(n int) int {
	if n == 2 {
		return 1
	}
	return n - (n/2 + 1)
}

// mayLose reports whether the contract lets a node lose what its disk holds: in
// no home set of any ring in force may more disks be impaired than tolerated.
func (s *simRings) mayLose(node int) bool {
	d := s.latest()
	for i := range d.rings {
		r := &d.rings[i]
		if r.holder(node) == nil {
			continue
		}
		for room := range s.preferred {
			c := d.configs[room][i]
			n := 0
			in := false
			for _, m := range c.Members {
				if m.Node == nodeName(node) {
					in = true
				} else if s.impaired[r.version][nodeIndex(m.Node)] {
					n++
				}
			}
			if in && n+1 > tolerated(len(c.Members)) {
				return false
			}
		}
	}
	return true
}

// lose notes that a node's disk has lost something.
func (s *simRings) lose(node int) {
	d := s.latest()
	for i := range d.rings {
		r := &d.rings[i]
		if r.holder(node) == nil {
			continue
		}
		s.impair(r.version, node)
	}
}

func (s *simRings) impair(version uint64, node int) {
	if s.impaired[version] == nil {
		s.impaired[version] = map[int]bool{}
	}
	s.impaired[version][node] = true
}

// retire drops the oldest ring once nothing depends on it. The rule is that of
// reading a home set, for any set of W of the ring's holders may be the only one
// that holds some message: those that have reported saw to it that all they hold
// is established under the present ring, those that report under another life
// may have forgotten what they held, and those that are lost cannot report.
func (s *simRings) retire() bool {
	d := s.latest()
	if len(d.rings) < 2 {
		return false
	}
	old, next, now := &d.rings[0], &d.rings[1], d.present()
	if !old.sameHolders(next) && !s.handedOver(old, now) && s.w.flaw != retireEarly {
		return false
	}
	s.publish(slices.Clone(d.rings[1:]))
	return true
}

func (s *simRings) handedOver(old, now *ring) bool {
	n := min(s.w.replicas, len(old.holders))
	silent, lost, unsure := 0, 0, 0
	for _, h := range old.holders {
		switch r, ok := s.done[h.node]; {
		case !ok || r.ring < now.version:
			silent++
			if h.lost {
				lost++
			}
		case r.life != h.life && s.w.flaw != retireOnAmnesia:
			unsure++
		}
	}
	if lost > tolerated(n) {
		return silent == lost
	}
	return n/2+1-silent-min(unsure, tolerated(n)-lost) >= 1
}

// giveUp marks a dead node in the rings that still list it.
func (s *simRings) giveUp(node int) {
	d := s.latest()
	if d.present().holder(node) != nil {
		return
	}
	changed := false
	rings := slices.Clone(d.rings)
	for i := range rings {
		if h := rings[i].holder(node); h != nil && !h.lost {
			rings[i].holders = slices.Clone(rings[i].holders)
			rings[i].holder(node).lost = true
			changed = true
		}
	}
	if changed {
		s.publish(rings)
	}
}
