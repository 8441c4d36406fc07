package replication

// answered is what a node promised.
type answered struct {
	node string
	Promise
}

func (a *answered) order() order { return order{a.AcceptedRing, a.Accepted, a.Turn} }

func find(promises []answered, node string) *answered {
	for i := range promises {
		if promises[i].node == node {
			return &promises[i]
		}
	}
	return nil
}

// readable reports whether the promises fence the home set and tell all that was
// ever committed on it.
//
// A turn is committed when W = n/2+1 members, each under the life that the
// home set counts on, say that it is durable; so it was on W of these disks.
// Which of them do the promises not show? Those of members that have not
// answered, n-|S|. And of the u members that answered under another life, or
// with a damaged copy, those that really lost it: as many as disks may be lost
// at once, n-W (and one of two, since two copies are kept on two nodes for just
// that), less the l disks of members that are lost for good and have not
// answered, for these were counted already. What is left of W has to be one at
// least:
//
//	W - (n-|S|) - min(u, max(n-W, 1) - l) >= 1
//
// A member of S that answered under the right life also keeps its promise, and
// one that answered under another life is fenced by that life alone: what it
// says never counts for this home set again. So nothing more can be committed
// on it under a claim that is below the promises.
//
// After more losses than that, what is gone is gone: all that are not lost have
// to answer.
func (c *Core) readable(cf Config, promises []answered) bool {
	w := cf.Quorum()
	silent, lost, unsure := 0, 0, 0
	for _, m := range cf.Members {
		switch a := find(promises, m.Node); {
		case a == nil && m.Lost:
			lost++
			silent++
		case a == nil:
			silent++
		case (a.Life != m.Life || a.Damaged) && c.broken != amnesiacVotes:
			unsure++
		}
	}
	if lost > cf.tolerated() {
		return silent == lost
	}
	return w-silent-min(unsure, cf.tolerated()-lost) >= 1
}

// decided reports whether so many nodes of the present home set have
// promised that no other candidate for it can be promised by as many. Two
// candidates of one ring, which are two processes of one node, therefore never
// hold one epoch, so the ring and the epoch of an owner name its order.
func decided(cf Config, promises []answered) bool {
	n := 0
	for _, m := range cf.Members {
		if find(promises, m.Node) != nil {
			n++
		}
	}
	return n >= cf.Quorum()
}

// required returns the home sets that have to be read. An owner writes its order
// to the first copy only after it has fenced every older ring's home set and
// read all that was ever committed there. So once any copy follows an owner of
// ring g, older rings hold nothing that copies which follow an owner of ring g
// or later do not hold, nor ever will.
func (c *Core) required(promises []answered) []Config {
	var newest uint64
	for i := range promises {
		if !promises[i].Torn {
			newest = max(newest, promises[i].AcceptedRing)
		}
	}
	if c.broken == presentOnly || c.broken == requireLess && newest > 0 {
		return c.configs[len(c.configs)-1:]
	}
	for i, cf := range c.configs {
		if cf.Ring >= newest {
			return c.configs[i:]
		}
	}
	return c.configs[len(c.configs)-1:]
}
