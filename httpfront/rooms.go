package httpfront

import (
	"context"
	"net"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// Rooms is what the HTTP edge needs of the rooms behind it. All methods may be
// called from any goroutine at any time. Errors are those of package actors,
// possibly wrapped; any other error is answered as a fault of this server.
type Rooms interface {
	// Publish returns when the publication is committed, refused, or when ctx
	// ends. The publication's Body becomes the room's.
	Publish(ctx context.Context, p actors.Publication) (actors.Receipt, error)

	// Subscribe prepares a stream. On success exactly one of the Stream's
	// methods is called, once; r.Closed is called exactly once when the stream
	// has ended or was cancelled. On an error r.Closed is not needed.
	Subscribe(ctx context.Context, r actors.SubscribeRequest) (Stream, error)

	// HasKind reports whether there are rooms of that kind, as there always are of
	// the default one. It never blocks.
	HasKind(kind string) bool

	// Reachable reports whether clients may ask for rooms of that kind: there are
	// some, and they are not only for programs and other rooms. It never blocks.
	Reachable(kind string) bool

	// Call has the room's behaviour answer a request. It returns when what the
	// behaviour did is committed, when it was refused, or when ctx ends. The
	// call's header and body become the room's; the reply must not be changed.
	Call(ctx context.Context, c actors.Call) (actors.Reply, error)

	// Create makes a room without a name, whose key has its object id for one.
	Create(ctx context.Context, kind string) (persistence.RoomKey, error)

	// Find returns the room of the kind with that object id, which is a valid
	// one of that kind; actors.ErrNoObject if there is none.
	Find(ctx context.Context, kind, objectID string) (persistence.RoomKey, error)

	// Info describes a room; it may wake it.
	Info(ctx context.Context, room persistence.RoomKey) (actors.RoomInfo, error)

	// History returns the room's kept messages, oldest first.
	History(ctx context.Context, room persistence.RoomKey) ([]persistence.Record, error)

	// Subscribers returns who listens to a room, at all fronts, and how many they
	// are; of very many the list may lack some. It becomes the caller's.
	Subscribers(ctx context.Context, room persistence.RoomKey) (list []actors.Subscriber, total int, err error)

	// Disconnect ends a client's streams of a room, wherever they are, and returns
	// how many there were.
	Disconnect(ctx context.Context, room persistence.RoomKey, client string) (int, error)

	// Rooms returns at most limit of the rooms awake on this node whose names
	// come after the given one, by name, and the name to go on from, which is
	// empty when there are no more.
	Rooms(after string, limit int) (rooms []actors.RoomInfo, next string)

	// Members describes the ring in force.
	Members() actors.RingInfo

	// Sinks tells how the rooms here get on with those who get a copy of what they
	// commit; nil without any.
	Sinks() []actors.SinkInfo

	// Stats counts what this node holds.
	Stats() actors.Stats
}

// Stream is a subscription that waits for its connection.
type Stream interface {
	// Attach gives the stream its connection, which is the stream's from now
	// on, to be closed by it. It writes head first, as it is; other streams are
	// given the same bytes, which must never be modified. It does not block.
	// conn is a *net.TCPConn, or what the listener made of one, without
	// deadlines.
	Attach(conn net.Conn, head []byte)

	// Cancel ends the stream in place of Attach.
	Cancel()
}
