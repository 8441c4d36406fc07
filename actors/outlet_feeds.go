package actors

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// findFeed returns the feed that a request asks for and makes it if need be. The
// caller holds the locks of all its rooms.
func (o *outlet) findFeed(rooms []*outlet, keys []persistence.RoomKey, req *SubscribeRequest) *feed {
	for _, f := range o.feeds {
		if f.serves(keys, req) {
			return f
		}
	}
	f := newFeed(rooms, req, o.front.limits)
	for _, room := range rooms {
		room.feeds = append(room.feeds, f)
		if f.presence {
			room.watchLocked()
		}
	}
	o.front.beats.add(f)
	return f
}

// releaseFeed gives up a hold on a feed of which this is the first room.
func (o *outlet) releaseFeed(f *feed) {
	o.mu.Lock()
	f.refs--
	last := f.refs == 0
	if last {
		f.dead.Store(true)
	}
	o.mu.Unlock()
	if !last {
		return
	}
	for _, room := range f.rooms {
		room.mu.Lock()
		if i := slices.Index(room.feeds, f); i >= 0 {
			room.feeds = slices.Delete(room.feeds, i, i+1)
			if f.presence {
				room.unwatchLocked()
			}
		}
		room.mu.Unlock()
	}
}
