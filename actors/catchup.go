package actors

import (
	"context"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

const (
	pullLimit = 128     // copies in a page
	pullBytes = 1 << 20 // of records and stored items in a page, about
	pullAgain = time.Second
)

// catchUp pulls copies of all rooms that this learner is to hold, from each
// holder those that it owns. What changes meanwhile comes with the ring that
// makes the learner a holder; nothing counts on the copies before that. It
// reports whether all were pulled before ctx ended.
func (h *handover) catchUp(ctx context.Context, v *cluster.View) bool {
	for i := range v.Ring().Members() {
		m := &v.Ring().Members()[i]
		if m.Holds() && !h.pullAll(ctx, v, m.Name) {
			return false
		}
	}
	return true
}

// pullAll pulls what one holder has for this node.
func (h *handover) pullAll(ctx context.Context, v *cluster.View, holder string) bool {
	ask := wire.Pull{Ring: v.Ring().Version(), Limit: pullLimit}
	for {
		page, ok := h.pull(ctx, holder, ask)
		if !ok {
			return false
		}
		for _, c := range page.Copies {
			h.node.replicas.Receive(holder, c.Room, replication.Copied{
				Accepted: c.Accepted, AcceptedRing: c.AcceptedRing, Birth: c.Birth, Log: c.Copy,
			})
		}
		h.moved.Add(uint64(len(page.Copies)))
		if !page.More {
			return true
		}
		ask.After = page.Next
		if !paced(ctx, len(page.Copies)) {
			return false
		}
	}
}

// pull asks for one page until it comes.
func (h *handover) pull(ctx context.Context, holder string, ask wire.Pull) (wire.Pulled, bool) {
	again := time.NewTicker(pullAgain)
	defer again.Stop()
	for {
		h.node.peers.send(holder, replicasProcess, ask)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return wire.Pulled{}, false
			case <-again.C:
				waiting = false
			case a := <-h.arrived:
				// A page asked for twice may come twice; only the one that follows on
				// what was asked is of use.
				if a.from == holder && a.page.Ring == ask.Ring && a.page.After == ask.After {
					return a.page, true
				}
			}
		}
	}
}

// pulled takes a page that this node asked for.
func (h *handover) pulled(from string, m wire.Pulled) {
	select {
	case <-h.arrived: // nobody has taken it, so nobody asked for it any more
	default:
	}
	select {
	case h.arrived <- arrival{from, m}:
	default: // another holder's came meanwhile; this one is asked for again
	}
}

// pulls sends a learner the next page of what this node owns and the learner is
// to hold.
func (h *handover) pulls(learner string, m wire.Pull) {
	if h.ring.applied.Load() != m.Ring {
		return
	}
	h.serve(func() {
		v := h.node.place.view.Load()
		next, err := promoted(v.Ring())
		if err != nil || v.Ring().Version() != m.Ring {
			return
		}
		page, err := h.page(v, next, learner, m)
		if err != nil {
			h.node.log.Error("rooms not read for a learner", "learner", learner, "err", err)
			return
		}
		about := m.After
		if len(page.Copies) > 0 {
			about = page.Copies[0].Room
		}
		h.node.peers.carry(learner, about, page)
	})
}

// promoted returns the ring with all its learners as holders.
func promoted(r *cluster.Ring) (*cluster.Ring, error) {
	members := append([]cluster.Member(nil), r.Members()...)
	for i := range members {
		if members[i].State == cluster.StateLearner {
			members[i].State = cluster.StateFull
		}
	}
	return cluster.NewRing(r.Version()+1, members)
}

// page reads one page.
func (h *handover) page(v *cluster.View, next *cluster.Ring, learner string, m wire.Pull) (wire.Pulled, error) {
	n := h.node
	page := wire.Pulled{Ring: m.Ring, After: m.After}
	w := walk{store: n.store, wanted: func(key persistence.RoomKey) bool {
		return n.place.owns(key) && homes(next, key, v.Replicas, learner)
	}}
	if m.After != (persistence.RoomKey{}) {
		w.from = after(m.After)
	}
	keys, err := w.page(min(max(m.Limit, 1), pullLimit))
	if err != nil {
		return page, err
	}
	size := 0
	for i, key := range keys {
		if size > pullBytes {
			w.ended, keys = false, keys[:i]
			break
		}
		state, err := n.store.Load(key)
		if err != nil || state.Damaged {
			continue // it is made whole when the room is next owned
		}
		c := n.pulledCopy(key, state)
		for j := range c.Copy.History {
			size += len(c.Copy.History[j].Data)
		}
		size += c.Copy.Storage.Bytes()
		page.Copies = append(page.Copies, c)
	}
	if page.More = !w.ended; page.More && len(keys) > 0 {
		page.Next = keys[len(keys)-1]
	}
	return page, nil
}

// pulledCopy returns a stored copy as it goes to a learner.
func (n *node) pulledCopy(key persistence.RoomKey, s *persistence.State) wire.PulledCopy {
	fence := s.Fence
	if fence.Accepted == 0 { // the room only ever lived on a node of its own
		fence = replication.AloneFence(s, n.store.Life().Epoch)
	}
	return wire.PulledCopy{
		Room: key, Accepted: fence.Accepted, AcceptedRing: fence.AcceptedRing, Birth: fence.Birth,
		Copy: persistence.Copy{Head: s.Head, History: s.History, Keys: s.Keys, Storage: s.Storage},
	}
}
