package actors

import (
	"context"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// callPatience is how long a room waits for another's answer.
const callPatience = 10 * time.Second

// called tells a room what came of a call of its.
type called struct {
	call  *roomCall
	reply Reply
	err   error
}

// send lets calls leave: those on one room one after the other.
func (r *room) send(calls []*roomCall) {
	for _, c := range calls {
		waiting := r.calls[c.call.Room]
		if r.calls == nil {
			r.calls = make(map[persistence.RoomKey][]*roomCall)
		}
		r.calls[c.call.Room] = append(waiting, c)
		if len(waiting) == 0 {
			r.ask(c)
		}
	}
}

// ask makes a call and tells the room of the answer.
func (r *room) ask(c *roomCall) {
	ctx, cancel := context.WithTimeout(r.run.ctx, callPatience)
	go func() {
		defer cancel()
		reply, err := r.node.call(ctx, c.call)
		r.node.root.Send(r.self, called{call: c, reply: reply, err: err})
	}()
}

// called hands an answer to the behaviour, and lets the next call on that room
// leave.
func (r *room) called(m called) {
	if r.state != roomAwake {
		return
	}
	r.run.calling.Add(-1)
	key := m.call.call.Room
	rest := r.calls[key][1:]
	if r.calls[key] = rest; len(rest) == 0 {
		delete(r.calls, key)
	} else {
		r.ask(rest[0])
	}
	if m.call.then != nil {
		r.begin(callTask(m.call, m.reply, m.err))
	}
}
