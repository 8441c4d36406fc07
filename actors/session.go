package actors

import "github.com/parlor-sse/parlor/actors/fanout"

// session is an open stream, as its front knows it.
type session struct {
	subscriber listener // never changes once the session is in its feed
	feed       *feed
	stream     *fanout.Stream // set before the session is in its feed
	closed     func()         // may be nil
	only       *outlet        // of the user's room, if the user is to have no other stream; else nil
	index      int            // in feed.sessions; guarded by the feed's mu
}

func (ss *session) front() *outlets { return ss.feed.rooms[0].front }

// started enters the stream where it can be found.
func (ss *session) started(st *fanout.Stream) {
	ss.stream = st
	ss.feed.enter(ss)
	for _, o := range ss.feed.rooms {
		o.join(ss)
	}
	if ss.only != nil {
		ss.only.enter(ss)
	}
}

// StreamClosed implements fanout.Owner.
func (ss *session) StreamClosed(fanout.Reason) {
	ss.feed.leave(ss)
	for _, o := range ss.feed.rooms {
		o.leave(ss)
	}
	if ss.only != nil {
		ss.only.quit(ss)
	}
	ss.release()
}

func (ss *session) release() {
	f := ss.feed
	f.rooms[0].releaseFeed(f)
	for _, o := range f.rooms {
		o.front.release(o)
	}
	if ss.only != nil {
		ss.only.front.release(ss.only)
	}
	if ss.closed != nil {
		ss.closed()
	}
}
