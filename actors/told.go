package actors

import (
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// What Config.Hooks is told of a room, as the event of a record.
const (
	HookOccupied = "occupied" // its first stream opened
	HookVacated  = "vacated"  // its last stream ended
	HookJoin     = "join"     // a stream opened
	HookLeave    = "leave"    // a stream ended
)

// HookEvent is what Config.Hooks gets as the data of a record, as JSON. A stream
// that opens or ends is told of once, whoever owns the room.
type HookEvent struct {
	Type            string      `json:"type"`
	Room            string      `json:"room"`
	Kind            string      `json:"kind"`
	DurableObjectID string      `json:"durableObjectId"`
	Subscriber      *Subscriber `json:"subscriber,omitempty"` // of join and leave
	Timestamp       string      `json:"timestamp"`
}

// tellOfJoin has the hooks told of a stream of which the behaviour was just told.
func (t *turn) tellOfJoin(s Subscriber) {
	if t.run.hooked {
		if t.audience(2) == 1 {
			t.tellHooks(HookOccupied, nil)
		}
		t.tellHooks(HookJoin, &s)
	}
}

// tellOfLeave has the hooks told of a stream that ended.
func (t *turn) tellOfLeave(s Subscriber) {
	if t.run.hooked {
		t.tellHooks(HookLeave, &s)
		if t.audience(1) == 0 {
			t.tellHooks(HookVacated, nil)
		}
	}
}

func (t *turn) tellHooks(event string, s *Subscriber) {
	if s != nil && !t.run.joins {
		return
	}
	data, err := marshal(HookEvent{
		Type: event, Room: t.run.key.Name, Kind: t.run.key.Kind, DurableObjectID: t.run.id,
		Subscriber: s, Timestamp: Timestamp(time.Now()),
	}, MaxBroadcast)
	if err != nil { // no name of a client or a node is that long, or no text
		t.run.log.Error("hook not told", "event", event, "err", err)
		return
	}
	t.out.hooks = append(t.out.hooks, outgoing{event: event, data: data})
}

// audience counts the streams of which the behaviour was told, up to a number.
func (t *turn) audience(most int) int {
	n := 0
	t.storage.Ascend(rosterItem, func(it persistence.Item) bool {
		if it.Key < userItem {
			n++
		}
		return n < most && it.Key < userItem
	})
	return n
}
