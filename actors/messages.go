package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/persistence"
)

// What the halves of this package say to each other. Every message names the
// room; those to rooms go to the process "rooms" of the owner's node, those to
// outlets to the process "outlets" of a front's node. Nothing in a message is
// changed after it was sent.
const (
	roomsProcess   = "rooms"
	outletsProcess = "outlets"
)

// toRoom is an envelope for a room: the router at its owner finds or wakes the
// room and hands it the message, with the sender.
type toRoom struct {
	key     persistence.RoomKey
	message any
}

type (
	// publish asks for a Publication to be committed; answered by published.
	publish struct {
		publication Publication
	}
	published struct {
		receipt Receipt
		err     error
	}

	// attach asks that a front be sent the room's frames from now on. It is
	// answered, in order with the frames, by attached.
	attach struct{ front *actor.PID }
	detach struct{ front *actor.PID }

	// roster tells which streams came and went at a front. A first message
	// after attach holds all.
	roster struct {
		front  *actor.PID
		joins  []*Subscriber
		leaves []uint64
	}

	// describe asks for a RoomInfo.
	describe struct{}
	// recall asks for the history, a []persistence.Record.
	recall struct{}
)

type (
	attached struct {
		key     persistence.RoomKey
		lineage persistence.Lineage
		past    []uint64
		last    persistence.Position
		history []persistence.Record
	}
	// frames are messages just committed, in order.
	frames struct {
		key      persistence.RoomKey
		messages []persistence.Record
	}
	// update is what the room's timer sends; it has no place in the order.
	update struct {
		key  persistence.RoomKey
		data []byte
	}
	// targeted is a message for the streams of one client.
	targeted struct {
		key    persistence.RoomKey
		client string
		event  string
		data   []byte
	}
	// lost tells that the room ended without putting its affairs in order; its
	// fronts have to attach again.
	lost struct{ key persistence.RoomKey }
)

// Subscriber is who is behind a stream.
type Subscriber struct {
	ID     uint64 // of the stream, unique at its front
	Client string // the client's own id; may be empty
	Since  int64  // unix milliseconds
}
