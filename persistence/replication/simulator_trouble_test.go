package replication_test

import "github.com/parlor-sse/parlor/persistence/replication"

// trouble picks what happens next. Each seed has its own mix: some never crash,
// some do nothing else.
type trouble struct {
	w       *world
	actions []action
	total   int
}

type action struct {
	weight int
	do     func()
}

func newTrouble(w *world) *trouble {
	t := &trouble{w: w}
	often := func(weight int, do func()) { t.add(weight, do) }
	fault := func(weight int, do func()) { t.add(weight*[]int{0, 1, 1, 4}[w.rng.IntN(4)], do) }
	often(500, t.deliver)
	often(220, t.write)
	often(120, t.tick)
	often(140, t.propose)
	often(60, t.ask)
	often(80, t.acquire)
	often(60, t.learn)
	often(60, t.adopt)
	often(20, t.report)
	often(20, func() { w.rings.retire() })
	often(40, t.start)
	often(15, t.resume)
	fault(8, t.evict)
	fault(8, t.forget)
	fault(20, t.repeat)
	fault(20, t.drop)
	fault(3, t.release)
	fault(8, t.copy)
	fault(10, t.change)
	fault(7, t.crash)
	fault(4, t.stop)
	fault(6, t.pause)
	fault(8, t.cut)
	often(8, w.net.heal)
	fault(3, t.leap)
	fault(8, t.coup)
	fault(3, t.haunt)
	fault(2, t.lapse)
	fault(3, t.ambush)
	fault(1, t.die)
	return t
}

func (t *trouble) add(weight int, do func()) {
	t.actions = append(t.actions, action{weight, do})
	t.total += weight
}

func (t *trouble) act() {
	r := t.w.rng.IntN(t.total)
	for _, a := range t.actions {
		if r -= a.weight; r < 0 {
			a.do()
			return
		}
	}
}

func (t *trouble) node() *simNode { return t.w.nodes[t.w.rng.IntN(len(t.w.nodes))] }
func (t *trouble) room() int      { return t.w.rng.IntN(len(t.w.ghosts)) }

// awake returns a node that runs, or nil.
func (t *trouble) awake() *simNode {
	if n := t.node(); n.up && !n.paused {
		return n
	}
	return nil
}

// deliver hands on one of the older messages as a rule, sometimes any. What is
// for a paused node waits, for one that is down it is lost.
func (t *trouble) deliver() {
	w := t.w
	n := len(w.net.flying)
	if n == 0 {
		return
	}
	if w.rng.IntN(8) != 0 {
		n = min(n, 6)
	}
	i := w.rng.IntN(n)
	if w.nodes[w.net.flying[i].to].paused {
		return
	}
	m := w.net.take(i)
	if to := w.nodes[m.to]; to.up && !w.net.cut[m.from][m.to] {
		to.step(m.room, replication.Receive{From: nodeName(m.from), Message: m.message})
	}
}

func (t *trouble) repeat() {
	net := t.w.net
	if n := len(net.flying); n > 0 {
		net.send(net.flying[t.w.rng.IntN(n)])
	}
}

func (t *trouble) drop() {
	net := t.w.net
	if n := len(net.flying); n > 0 {
		net.take(t.w.rng.IntN(n))
	}
}

func (t *trouble) write() {
	if n := t.awake(); n != nil && len(n.disk.pending) > 0 {
		n.write(1 + t.w.rng.IntN(6))
	}
}

func (t *trouble) tick() {
	n := t.awake()
	if n == nil {
		return
	}
	t.w.clock += t.w.pace
	for range 1 + t.w.rng.IntN(8) {
		for room, c := range n.cores {
			if c != nil && c.Busy() {
				n.step(room, replication.Tick{Now: t.w.clock})
			}
		}
	}
}

func (t *trouble) propose() {
	for _, n := range t.w.nodes {
		room := t.room()
		if n.up && !n.paused && n.owns[room].epoch != 0 && t.w.rng.IntN(2) == 0 {
			for range 1 + t.w.rng.IntN(3) {
				t.w.propose(n, room)
			}
		}
	}
}

// ask has owners ask whether they still are.
func (t *trouble) ask() {
	for _, n := range t.w.nodes {
		room := t.room()
		if n.up && !n.paused && t.w.rng.IntN(2) == 0 {
			t.w.ask(n, room)
		}
	}
}

func (w *world) ask(n *simNode, room int) {
	if own := &n.owns[room]; own.epoch != 0 {
		own.reads = append(own.reads, uint64(len(w.ghosts[room].fates)))
		n.step(room, replication.Confirm{})
	}
}

func (t *trouble) acquire() {
	w := t.w
	room := t.room()
	n := w.nodes[max(0, w.rings.latest().owner(room))]
	if w.rng.IntN(3) == 0 {
		n = t.node()
	}
	if n.up && !n.paused && n.first(room) {
		n.step(room, replication.Acquire{Now: w.clock})
	}
}

func (t *trouble) release() {
	if n := t.awake(); n != nil {
		room := t.room()
		n.owns[room] = ownership{}
		n.step(room, replication.Release{})
	}
}

// evict drops a core that may be dropped.
func (t *trouble) evict() {
	if n := t.awake(); n != nil {
		room := t.room()
		if c := n.cores[room]; c != nil && c.Quiet() {
			n.cores[room] = nil
		}
	}
}

// forget drops what a node stores of a room that no ring wants there.
func (t *trouble) forget() {
	n, room := t.awake(), t.room()
	if n == nil || len(n.doc().rings) > 1 || !n.stores(room) {
		return
	}
	// The owner has told so, some time ago.
	if n.core(room).Stray() && n.adopted[room] == n.present() {
		n.disk.journal = append(n.disk.journal, undo{room, n.disk.rooms[room]})
		n.disk.rooms[room] = &simRoom{}
		n.cores[room] = nil
		t.w.tracef("%s forgets room %d", n.name, room)
	}
}

func (t *trouble) learn() {
	w := t.w
	if n := t.awake(); n != nil {
		if w.rng.IntN(2) == 0 {
			n.learn(len(w.rings.docs) - 1)
		} else if n.view+1 < len(w.rings.docs) {
			n.learn(n.view + 1)
		}
	}
}

// adopt lets a node ask the owner of a room that it stores whether the room is
// established under the ring that both go by.
func (t *trouble) adopt() {
	if n := t.awake(); n != nil {
		t.w.adopt(n, t.room())
	}
}

func (w *world) adopt(n *simNode, room int) {
	i := n.doc().owner(room)
	if i < 0 {
		return
	}
	o := w.nodes[i]
	if !o.up || o.paused || w.net.cut[i][n.index] || w.net.cut[n.index][i] || o.present() != n.present() {
		return
	}
	if c := o.cores[room]; c != nil {
		if _, ok := c.Owner(); ok {
			n.adopted[room] = n.present()
		}
	}
}

// report tells the rings that a node has nothing left to hand over.
func (t *trouble) report() {
	if n := t.awake(); n != nil {
		t.w.report(n)
	}
}

func (w *world) report(n *simNode) {
	now := n.present()
	for room := range n.cores {
		if n.stores(room) && n.adopted[room] < now {
			return
		}
	}
	if r := w.rings.done[n.index]; r.ring < now || r.life != n.life {
		w.rings.done[n.index] = report{now, n.life}
		w.tracef("%s reports ring %d", n.name, now)
	}
}

// copy brings a durable copy to another node.
func (t *trouble) copy() {
	from, to, room := t.awake(), t.node(), t.room()
	if from == nil || from == to {
		return
	}
	d := from.disk.rooms[room]
	if d.fence.Accepted == 0 || d.damaged {
		return
	}
	t.w.net.send(simMessage{room: room, from: from.index, to: to.index, message: replication.Copied{
		Accepted: d.fence.Accepted, AcceptedRing: d.fence.AcceptedRing, Birth: d.fence.Birth,
		Log: copyOf(d),
	}})
}
