package replication_test

func (t *trouble) start() {
	if n := t.node(); !n.up && !n.dead {
		n.start()
	}
}

func (t *trouble) stop() {
	if n := t.awake(); n != nil {
		n.stop(true)
		t.damage(n)
	}
}

// crash ends one process, or all, and takes from the disk what the contract
// allows.
func (t *trouble) crash() {
	w := t.w
	if w.rng.IntN(12) == 0 {
		for _, n := range w.nodes {
			if n.up {
				n.stop(false)
			}
		}
		return
	}
	n := t.node()
	if !n.up {
		return
	}
	if w.rng.IntN(2) == 0 || !w.rings.mayLose(n.index) {
		n.stop(false)
		t.damage(n)
		return
	}
	w.rings.lose(n.index)
	if w.rng.IntN(3) == 0 {
		t.wipe(n)
	} else {
		n.stop(false)
		n.disk.lose(1 + w.rng.IntN(20))
		w.tracef("%s has lost its tail", n.name)
	}
}

// damage makes some of a room unreadable: some of its history, a key, or what is
// stored.
func (t *trouble) damage(n *simNode) {
	w := t.w
	room := t.room()
	r := n.disk.rooms[room]
	if w.rng.IntN(6) != 0 || !w.rings.mayLose(n.index) {
		return
	}
	d := *r
	switch what := w.rng.IntN(3); {
	case what == 0 && len(r.items) > 0:
		d.torn, d.items = true, nil
	case what == 1 && len(r.keys) > 0:
		d.keys = r.keys[1:]
	case len(r.history) > 0:
		d.history = r.history[1+w.rng.IntN(len(r.history)):]
	default:
		return
	}
	w.rings.lose(n.index)
	d.damaged = true
	n.disk.rooms[room] = &d
	n.disk.journal = nil
	w.tracef("%s room %d is damaged", n.name, room)
}

func (t *trouble) pause() {
	if n := t.awake(); n != nil {
		n.paused = true
		t.w.tracef("%s pauses", n.name)
	}
}

func (t *trouble) resume() {
	if n := t.node(); n.paused {
		n.paused = false
		t.w.tracef("%s goes on", n.name)
	}
}

// cut separates nodes: one way between two, or both ways between two groups.
func (t *trouble) cut() {
	w := t.w
	if w.rng.IntN(2) == 0 {
		w.net.cut[w.rng.IntN(len(w.nodes))][w.rng.IntN(len(w.nodes))] = true
		return
	}
	side := w.rng.Uint32()
	for a := range w.nodes {
		for b := range w.nodes {
			w.net.cut[a][b] = a != b && side>>a&1 != side>>b&1
		}
	}
	w.tracef("the network splits by %b", side)
}

// ambush takes away a member of a home set that is being read or written.
func (t *trouble) ambush() {
	w := t.w
	if len(w.net.flying) == 0 {
		return
	}
	m := w.net.flying[len(w.net.flying)-1]
	if n := w.nodes[m.from]; n.up && w.rings.mayLose(n.index) {
		w.rings.lose(n.index)
		n.stop(false)
		n.disk.lose(1 + w.rng.IntN(4))
		w.tracef("%s has lost its tail", n.name)
		n.start()
	}
}

// leap moves the clock, back or forth.
func (t *trouble) leap() { t.w.clock = 1 + t.w.rng.Uint64N(2*t.w.clock+4) }

// die takes a node away for good, with its disk.
func (t *trouble) die() {
	w := t.w
	n := t.node()
	if n.dead || len(w.nodes) < 4 || !w.rings.mayLose(n.index) {
		return
	}
	w.rings.lose(n.index)
	if n.up {
		n.stop(false)
	}
	n.dead = true
	w.tracef("%s is gone for good", n.name)
}
