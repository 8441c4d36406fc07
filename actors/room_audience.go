package actors

import (
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// attach begins to send a front the room's frames. What it is told now and the
// frames that follow leave nothing out and overlap nowhere.
func (r *room) attach(m attach) {
	if !r.order.reachable() {
		// Another may own the room by now and know more: what this one says of ids
		// could be wrong.
		r.node.toFront(m.front, m.link, wire.Lost{Room: r.key})
		return
	}
	r.fronts[m.front] = m.link
	r.announced.found(m.front)
	if !m.known { // it has never been attached: streams that it told of are long gone
		r.tellNobody(m.front)
	}
	history := r.history()
	if m.known {
		history = r.since(m.have.Seq)
	}
	r.node.toFront(m.front, m.link, wire.Attached{
		Room: r.key, Lineage: r.lineage, Past: r.past, Last: r.last, History: history,
	})
}

// catchUpFronts sends fronts that were attached before what was committed since:
// messages under way when the room was begun anew may be among it.
func (r *room) catchUpFronts() {
	if len(r.fronts) == 0 || r.last.Seq <= r.seen {
		return
	}
	missed := wire.Frames{Room: r.key, Records: r.since(r.seen)}
	for front, link := range r.fronts {
		r.node.toFront(front, link, missed)
	}
}

// detach forgets a front and the streams that it told of.
func (r *room) detach(m detach) {
	r.forget(m)
	r.awaitAbsent()
	r.lookFor(m.front)
	r.listenersChanged()
}

func (r *room) tellNobody(front string) {
	r.roster(roster{front: front, link: r.fronts[front], all: true})
}

// roster notes which streams came and went at a front.
func (r *room) roster(m roster) {
	if link, attached := r.fronts[m.front]; !attached || link != m.link { // it was detached meanwhile, and will tell all again
		return
	}
	r.heed(&m)
	var n news
	if len(r.watching) > 0 {
		n = r.newsIn(&m)
	}
	r.audience.change(m)
	r.announce(m.front)
	r.listenersChanged()
	r.replaceOlder()
	asks := ""
	if m.list {
		asks = m.front
	}
	r.tell(n, asks)
}

// change notes which streams came and went at a front.
func (a *audience) change(m roster) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.all {
		delete(a.away, m.front)
	}
	at := a.subscribers[m.front]
	if at == nil || m.all {
		at = make(map[uint64]*listener, len(m.joins))
		a.subscribers[m.front] = at
	}
	for _, s := range m.joins {
		at[s.ID] = s
	}
	for _, id := range m.leaves {
		delete(at, id)
	}
	if len(at) == 0 {
		delete(a.subscribers, m.front)
	}
}

// set replaces who listens at a front.
func (a *audience) set(front string, at map[uint64]*listener) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.subscribers[front] = at; len(at) == 0 {
		delete(a.subscribers, front)
	}
}

// forget removes a front, unless it has attached by another link since.
func (a *audience) forget(m detach) {
	if a.fronts[m.front] != m.link {
		return
	}
	delete(a.fronts, m.front)
	a.miss(m.front)
	a.set(m.front, nil)
}

// listeners returns the streams on the room, over all fronts.
func (a *audience) listeners() int {
	n := 0
	for _, at := range a.subscribers {
		n += len(at)
	}
	return n
}

func (r *room) listenersChanged() {
	n := r.listeners()
	r.act.listeners.Store(int64(n))
	switch {
	case n > 0 && r.timer == nil:
		r.startUpdates()
	case n == 0 && r.timer != nil:
		r.timer.Stop()
		r.timer = nil
	}
}

// startUpdates begins the periodic updates, counted from the first listener.
func (r *room) startUpdates() {
	if every := r.run.kind.Update; every > 0 && r.run.hooks.update != nil {
		r.timer = time.AfterFunc(every, func() { r.node.root.Send(r.self, updateDue{}) })
	}
}

// updateDue has the behaviour say what it says at intervals. Ticks that come
// late are not made up for.
func (r *room) sendUpdate() {
	if r.timer == nil || r.state != roomAwake {
		return
	}
	if !r.updating { // else the last one is not done yet
		r.updating = true
		r.begin(r.updateTask())
	}
	r.timer.Reset(r.run.kind.Update)
}

// info describes the room to those who do not ask the room itself.
func (a *activation) info(owner string) RoomInfo {
	var at persistence.Position
	if p := a.at.Load(); p != nil {
		at = *p
	}
	return RoomInfo{
		Room: a.key.Name, Kind: a.key.Kind, DurableObjectID: a.id, Owner: owner,
		Epoch: a.epoch.Load(), Seq: at.Seq, ID: at.String(),
		ConnectionCount: int(a.listeners.Load()), History: int(a.kept.Load()),
		IdleSeconds: time.Since(time.Unix(0, a.active.Load())).Seconds(),
		StoredItems: int(a.items.Load()), StoredBytes: int(a.bytes.Load()), Alarm: alarmText(a.alarm.Load()),
	}
}
