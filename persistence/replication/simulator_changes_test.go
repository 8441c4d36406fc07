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

// coup takes a room from its owner behind its back: the owner leaves the ring,
// and of all nodes only the one that follows hears of it, and tries to own the
// room. The two may not reach each other.
func (t *trouble) coup() {
	w := t.w
	room := t.room()
	now := w.rings.latest().present()
	was := w.rings.latest().owner(room)
	holders := slices.DeleteFunc(slices.Clone(now.holders), func(h simHolder) bool { return h.node == was })
	if len(holders) == 0 || was < 0 {
		return
	}
	w.rings.change(holders)
	next := w.nodes[w.rings.latest().owner(room)]
	if w.rng.IntN(2) == 0 {
		w.net.cut[was][next.index], w.net.cut[next.index][was] = true, true
	}
	if next.up && !next.paused {
		next.learn(len(w.rings.docs) - 1)
		next.step(room, replication.Acquire{Now: w.clock})
	}
}
