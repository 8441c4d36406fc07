package actors

import (
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/actors/wire"
)

// kick ends streams here, as the room's owner asks.
func (o *outlet) kick(from string, m wire.Kick) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.owner != from {
		return
	}
	for _, id := range m.Streams {
		if s := o.members[id]; s != nil {
			s.stream.Close(appendReplaced(nil, s.subscriber.User, m.By), fanout.ReasonReplaced)
		}
	}
	to := target{client: m.Client, user: m.User}
	if to.everybody() {
		return
	}
	for _, f := range o.feeds {
		f.each(func(s *session) {
			if to.is(&s.subscriber) {
				s.stream.Close(nil, fanout.ReasonKicked)
			}
		})
	}
}

// enter notes an open stream that is on the room and is sent nothing of it.
func (o *outlet) enter(s *session) {
	o.mu.Lock()
	if o.members == nil {
		o.members = make(map[uint64]*session)
	}
	o.members[s.subscriber.ID] = s
	o.mu.Unlock()
	o.join(s)
}

// quit notes the end of a stream that entered.
func (o *outlet) quit(s *session) {
	o.mu.Lock()
	delete(o.members, s.subscriber.ID)
	o.mu.Unlock()
	o.leave(s)
}

// replacedRetry is the reconnection time of a stream that another has replaced:
// its client, if it knows no better, does not take the place back soon.
const replacedRetry = time.Hour

// appendReplaced appends event replaced, the last of a stream whose user has
// opened another.
func appendReplaced(dst []byte, user, by string) []byte {
	data := mustJSON(struct {
		User string `json:"user"`
		By   string `json:"by"`
	}{user, by})
	return sse.AppendEvent(dst, sse.Event{Name: "replaced", Data: data, Retry: replacedRetry})
}
