package actors

import (
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// The processes of a node. Rooms are spoken to through the process "rooms" of
// their owner's node. What rooms send to fronts goes to the process "outlets" of
// the same node as it is, and to others over links, which end in the processes
// "links". Copies of rooms speak to each other through the processes "replicas".
// Nothing in a message is changed after it was sent.
const (
	roomsProcess    = "rooms"
	outletsProcess  = "outlets"
	linksProcess    = "links"
	replicasProcess = "replicas"
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
	// answered, in order with the frames, by wire.Attached.
	attach struct {
		front string               // name of its node
		link  uint64               // by which it is reached; 0 on the room's own node
		have  persistence.Position // the newest message that it has; meaningful if known
		known bool
	}
	detach struct {
		front string
		link  uint64
	}

	// roster tells which streams came and went at a front, and whether the front is
	// to be told of those at all fronts. A first message after attach holds all.
	roster struct {
		front  string
		link   uint64
		joins  []*listener
		leaves []uint64
		all    bool
		watch  bool // the front is to be sent wire.Presence, until it says otherwise
		list   bool // and now one of everybody
	}

	// fetch asks for an answer of the room's behaviour; answered by fetched.
	fetch struct {
		call Call
	}
	fetched struct {
		reply Reply
		err   error
	}

	// create asks that the room be there from now on, on disk; answered by
	// created.
	create  struct{}
	created struct{}

	// ring asks the room to look whether its alarm is due. It is not answered.
	ring struct{}

	// describe asks for a RoomInfo.
	describe struct{}
	// recall asks for the history, a []persistence.Record.
	recall struct{}
	// muster asks who listens; answered by mustered.
	muster   struct{}
	mustered struct {
		people []wire.Person
		total  int
	}
	// cut asks that a client's streams be ended; answered by cutOff.
	cut struct {
		client string
	}
	cutOff struct {
		streams int
	}
	// adopt asks the room to be there, so that its home set holds it; answered by
	// adopted.
	adopt   struct{}
	adopted struct{}
)

// listener is who is behind a stream, as its front tells of it.
type listener = wire.Subscriber
