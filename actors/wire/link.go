package wire

import "github.com/parlor-sse/parlor/persistence"

// A link joins a front to the owner of rooms that the front listens to. Each
// incarnation of a link has an id of its own, and each direction counts its
// messages, so that what belongs to an older link, or follows on a lost
// message, is seen for what it is.
type (
	// Open begins a link; the front sends it.
	Open struct {
		Link uint64
	}

	// Reset tells the other end that the link is not known, or missed a message:
	// the front begins another.
	Reset struct {
		Link uint64
	}

	// Beat tells either end how far the other is. It is not counted itself.
	Beat struct {
		Link     uint64
		Sent     uint64 // count of the sender's last message on the link
		Received uint64 // count of the last one that it took
	}

	// LinkMessage is a counted message on a link.
	LinkMessage struct {
		Link uint64
		N    uint64 // count of the messages sent on the link in this direction, from 1
		Body Body   // any of the Body structs, as a value; not nil
	}
)

// Body is what a LinkMessage carries: Attach, Detach or Roster from a front,
// Attached, Frames, Update, Targeted, Kick, Presence or Lost from an owner.
type Body interface{ body() }

// What fronts send.
type (
	// Attach asks for the room's frames from now on; answered, in order with the
	// frames, by Attached.
	Attach struct {
		Room  persistence.RoomKey
		Have  persistence.Position // the newest message that the front has; meaningful if Known
		Known bool                 // the front was attached before
	}

	// Detach asks for no more frames of the room.
	Detach struct {
		Room persistence.RoomKey
	}

	// Roster tells which streams came and went at the front, and whether the front
	// wants to be told of those at all fronts.
	Roster struct {
		Room   persistence.RoomKey
		Joins  []Subscriber
		Leaves []uint64 // ids of streams
		All    bool     // Joins are all there are, and replace what was told before
		Watch  bool     // the front is to be sent Presence from now on, or still
		List   bool     // and now one of everybody
	}
)

// What owners send. The data alias the input; of a big message, those of
// records do not.
type (
	// Attached answers Attach with the room's state.
	Attached struct {
		Room    persistence.RoomKey
		Lineage persistence.Lineage
		Past    []uint64             // earlier lives of the room, oldest first
		Last    persistence.Position // of the newest message
		History []persistence.Record // oldest first, contiguous up to Last
	}

	// Frames are messages just committed, contiguous and in order.
	Frames struct {
		Room    persistence.RoomKey
		Records []persistence.Record
	}

	// Update is what the room's timer sends; it has no place in the order.
	Update struct {
		Room  persistence.RoomKey
		Event string // SSE event name; empty: none was given
		Data  []byte
	}

	// Targeted is a message for the streams of one client, or of one user.
	Targeted struct {
		Room   persistence.RoomKey
		Client string
		User   string
		Event  string
		Data   []byte
	}

	// Kick asks the front to end streams on the room: those of one client, of one
	// user, or those that another has replaced.
	Kick struct {
		Room    persistence.RoomKey
		Client  string
		User    string
		Streams []uint64 // ids of streams that By has replaced
		By      string   // the stream that took their place, as people know it
	}

	// Presence tells a front that watches who is on the room, at all fronts.
	Presence struct {
		Room   persistence.RoomKey
		Change Change
		People []Person // at most MaxPresence
		Count  int      // streams on the room, with this told
		More   bool     // of a Listed: People are not everybody
	}

	// Lost tells that the sender does not own the room any more, or cannot serve
	// it: the front has to attach again.
	Lost struct {
		Room persistence.RoomKey
	}
)

func (Open) wire()        {}
func (Reset) wire()       {}
func (Beat) wire()        {}
func (LinkMessage) wire() {}

func (Attach) body()   {}
func (Detach) body()   {}
func (Roster) body()   {}
func (Attached) body() {}
func (Frames) body()   {}
func (Update) body()   {}
func (Targeted) body() {}
func (Kick) body()     {}
func (Presence) body() {}
func (Lost) body()     {}
