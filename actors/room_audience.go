package actors

import (
	"strconv"
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
	r.listenersChanged()
}

// roster notes which streams came and went at a front.
func (r *room) roster(m roster) {
	if link, attached := r.fronts[m.front]; !attached || link != m.link { // it was detached meanwhile, and will tell all again
		return
	}
	at := r.subscribers[m.front]
	if at == nil || m.all {
		at = make(map[uint64]*Subscriber, len(m.joins))
		r.subscribers[m.front] = at
	}
	for _, s := range m.joins {
		at[s.ID] = s
	}
	for _, id := range m.leaves {
		delete(at, id)
	}
	if len(at) == 0 {
		delete(r.subscribers, m.front)
	}
	r.listenersChanged()
}

// forget removes a front, unless it has attached by another link since.
func (a *audience) forget(m detach) {
	if a.fronts[m.front] != m.link {
		return
	}
	delete(a.fronts, m.front)
	delete(a.subscribers, m.front)
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
	if every := r.node.cfg.Update; every > 0 {
		r.timer = time.AfterFunc(every, func() { r.node.root.Send(r.self, updateDue{}) })
	}
}

// sendUpdate sends every front the periodic update. Ticks that come late are
// not made up for.
func (r *room) sendUpdate() {
	if r.timer == nil || r.state != roomAwake {
		return
	}
	data := append([]byte(nil), `{"timestamp":"`...)
	data = appendTime(data, time.Now().UnixMilli())
	data = append(data, `","connectionCount":`...)
	data = strconv.AppendInt(data, int64(r.listeners()), 10)
	data = append(data, `,"durableObjectId":"`...)
	data = append(data, r.id...)
	data = append(data, `"}`...)
	for front, link := range r.fronts {
		r.node.toFront(front, link, wire.Update{Room: r.key, Data: data})
	}
	r.timer.Reset(r.node.cfg.Update)
}

// info describes the room to those who do not ask the room itself.
func (a *activation) info(owner string) RoomInfo {
	var at persistence.Position
	if p := a.at.Load(); p != nil {
		at = *p
	}
	return RoomInfo{
		Room: a.key.Name, Kind: a.key.Kind, DurableObjectID: ObjectID(a.key), Owner: owner,
		Epoch: a.epoch.Load(), Seq: at.Seq, ID: at.String(),
		ConnectionCount: int(a.listeners.Load()), History: int(a.kept.Load()),
		IdleSeconds: time.Since(time.Unix(0, a.active.Load())).Seconds(),
	}
}
