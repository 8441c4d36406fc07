package replication_test

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// change agrees on another ring.
func (t *trouble) change() {
	w := t.w
	d := w.rings.latest()
	now := d.present()
	holders := slices.Clone(now.holders)
	switch w.rng.IntN(6) {
	case 0:
		w.rings.change(holders) // nothing but a number
	case 1, 2:
		t.leave(holders)
	case 3:
		w.relive()
	default:
		if len(d.rings) == 1 {
			w.join(holders, 1+w.rng.IntN(2))
		}
	}
	if w.rng.IntN(4) == 0 {
		for _, n := range w.nodes {
			if n.dead {
				w.rings.giveUp(n.index)
			}
		}
	}
}

// leave removes a holder: one that is down or pauses, or any.
func (t *trouble) leave(holders []simHolder) {
	if len(holders) < 2 {
		return
	}
	i := t.w.rng.IntN(len(holders))
	for j, h := range holders {
		if n := t.w.nodes[h.node]; !n.up || n.paused {
			i = j
		}
	}
	t.w.rings.change(slices.Delete(holders, i, i+1))
}

// join adds nodes that run and are no holders.
func (w *world) join(holders []simHolder, most int) bool {
	added := false
	for _, n := range w.nodes {
		if n.up && most > 0 && w.rings.latest().present().holder(n.index) == nil {
			holders = append(holders, simHolder{node: n.index, life: n.life})
			most--
			added = true
		}
	}
	if added {
		w.rings.change(holders)
	}
	return added
}

// relive takes note of holders that came back with another life: they leave, to
// join again, unless so few others are left that they have to go on.
func (w *world) relive() bool {
	now := w.rings.latest().present()
	var same, back []simHolder
	for _, h := range now.holders {
		switch n := w.nodes[h.node]; {
		case n.life == h.life:
			same = append(same, h)
		case n.up:
			back = append(back, simHolder{node: h.node, life: n.life})
		}
	}
	if len(back) == 0 {
		return false
	}
	if len(same) < len(now.holders)/2+1 {
		same = append(same, back...)
	}
	w.rings.change(same)
	return true
}

// coup takes a room from its owner behind its back. The two may not reach each
// other.
func (t *trouble) coup() {
	w, room := t.w, t.room()
	was := w.rings.latest().owner(room)
	next := t.unseat(room)
	if next != nil && w.rng.IntN(2) == 0 {
		w.net.cut[was][next.index], w.net.cut[next.index][was] = true, true
	}
}

// unseat has the owner of a room leave the ring. Of all nodes only the one that
// follows hears of it, and tries to own the room. It is returned, if it runs.
func (t *trouble) unseat(room int) *simNode {
	w := t.w
	was := w.rings.latest().owner(room)
	holders := slices.DeleteFunc(slices.Clone(w.rings.latest().present().holders), func(h simHolder) bool { return h.node == was })
	if len(holders) == 0 || was < 0 {
		return nil
	}
	w.rings.change(holders)
	next := w.nodes[w.rings.latest().owner(room)]
	if !next.up || next.paused {
		return nil
	}
	next.learn(len(w.rings.docs) - 1)
	next.step(room, replication.Acquire{Now: w.clock})
	return next
}

// haunt has an owner fall asleep over what it asked the members, and ask again
// when it wakes up. Meanwhile another may have owned the room.
func (t *trouble) haunt() {
	w, room := t.w, t.room()
	i := w.rings.latest().owner(room)
	if i < 0 || !w.nodes[i].up || w.nodes[i].paused || w.nodes[i].owns[room].epoch == 0 {
		return
	}
	was := w.nodes[i]
	w.ask(was, room)
	t.hearAll(room)
	was.paused = true
	next := t.unseat(room)
	for range 2 + w.rng.IntN(8) {
		if t.hearAll(room); next != nil {
			w.propose(next, room)
		}
	}
	was.paused = false
	w.ask(was, room)
}

// lapse has a holder leave that nobody can ask any more, and another come back
// without its disk. The others are quick to say that they have nothing left to
// hand over.
func (t *trouble) lapse() {
	w := t.w
	holders := slices.Clone(w.rings.latest().present().holders)
	w.rng.Shuffle(len(holders), func(i, j int) { holders[i], holders[j] = holders[j], holders[i] })
	if len(holders) < 3 || len(w.rings.latest().rings) > 2 {
		return
	}
	away, back := w.nodes[holders[0].node], w.nodes[holders[1].node]
	if !away.up || !back.up {
		return
	}
	away.paused = true
	if w.rings.change(holders[1:]); !w.rings.mayLose(back.index) {
		return
	}
	w.rings.lose(back.index)
	t.wipe(back)
	back.start()
	w.relive()
	for _, n := range w.nodes {
		if n.up && !n.paused {
			n.learn(len(w.rings.docs) - 1)
			w.report(n)
		}
	}
	for w.rings.retire() {
	}
}

// wipe ends a node, and takes its disk.
func (t *trouble) wipe(n *simNode) {
	n.stop(false)
	n.disk = newSimDisk(len(t.w.ghosts))
	n.view = len(t.w.rings.docs) - 1 // it hears of the ring before it takes part
	t.w.tracef("%s has lost its disk", n.name)
}

// hearAll delivers what is on its way in a room, and makes durable what is to be
// written, but at nodes that are paused.
func (t *trouble) hearAll(room int) {
	w := t.w
	for i := len(w.net.flying); i > 0 && w.err == nil; i-- {
		m := w.net.take(0)
		to := w.nodes[m.to]
		switch {
		case m.room != room || to.paused:
			w.net.send(m)
		case to.up && !w.net.cut[m.from][m.to]:
			to.step(room, replication.Receive{From: nodeName(m.from), Message: m.message})
		}
	}
	for _, n := range w.nodes {
		if n.up && !n.paused {
			n.write(len(n.disk.pending))
		}
	}
}
