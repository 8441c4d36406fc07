package client

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// defaultRetry is how long a client waits before it comes back, until a server
// said otherwise.
const defaultRetry = time.Second

// Those who leave of their own will stay between minStay and maxStay.
const (
	minStay = 3 * time.Second
	maxStay = 10 * time.Second
)

// subscriber is one of them. It belongs to one goroutine.
type subscriber struct {
	*Subscribers
	number  int
	rooms   []string
	rng     *rand.Rand
	wanders bool
	parser  *sse.Parser
	retry   time.Duration
	conn    int               // of the stream that is open
	at      map[string]uint64 // the newest seq shown in each room
}

// run listens until ctx ends.
func (s *subscriber) run(ctx context.Context) {
	node := s.nodes.Pick(s.rng, "")
	for ctx.Err() == nil {
		pause := s.listen(ctx, node)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		// A balancer would send half of those that come back elsewhere.
		if _, there := s.nodes.find(node.Name); !there || s.rng.IntN(2) == 0 {
			node = s.nodes.Pick(s.rng, node.Name)
		}
	}
}

// listen reads one stream to its end and returns how long to wait before the
// next.
func (s *subscriber) listen(ctx context.Context, node Node) time.Duration {
	s.parser.Reset()
	open := history.Open{
		Conn: int(s.conns.Add(1)), Subscriber: s.number, Node: node.Name, Rooms: s.rooms,
		Sent: s.parser.LastEventID(), Resumed: s.parser.LastEventID() != "", Call: s.recorder.Now(),
	}
	stream, err := connect(ctx, node.Address, s.rooms, open.Sent)
	if err != nil {
		return s.retry
	}
	defer stream.close()
	open.Time, open.Status = s.recorder.Now(), stream.status
	s.recorder.Note(open)
	s.conn = open.Conn
	s.begin()
	defer s.finish()

	var left atomic.Bool // by us
	leave := func() { left.Store(true); stream.close() }
	defer context.AfterFunc(ctx, leave)()
	if s.wanders {
		timer := time.AfterFunc(minStay+time.Duration(s.rng.Int64N(int64(maxStay-minStay))), func() {
			if !s.calm.Load() {
				leave()
			}
		})
		defer timer.Stop()
	}
	err = stream.read(s.parser, s.event)
	s.recorder.Note(history.Close{Conn: open.Conn, Time: s.recorder.Now(), By: closer(err, left.Load()), Why: reason(err)})
	if d, ok := s.parser.Retry(); ok {
		s.retry = d
	}
	if left.Load() {
		return 0
	}
	return s.retry
}

// event notes what the stream shows.
func (s *subscriber) event(e sse.Event) {
	if f, ok := frameOf(e, s.rooms); ok {
		f.Conn, f.Time = s.conn, s.recorder.Now()
		s.recorder.Note(f)
		if f.Kind == history.Message {
			s.reached(f.Room, f.ID)
		}
	}
}

func (s *subscriber) bookmark(id string) {
	s.recorder.Note(history.Frame{Conn: s.conn, Time: s.recorder.Now(), Kind: history.Bookmark, ID: id})
}

func closer(err error, left bool) history.Closer {
	switch {
	case left:
		return history.ByClient
	case errors.Is(err, io.EOF):
		return history.ByServer
	}
	return history.ByBreak
}

// reason says why a stream ended, unless it did so in good order.
func reason(err error) string {
	if errors.Is(err, io.EOF) {
		return ""
	}
	return err.Error()
}

// begin notes that a subscriber has a stream.
func (s *subscriber) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	rooms := make(map[string]uint64)
	for _, room := range s.rooms {
		rooms[room] = s.at[room]
	}
	s.progress[s.number] = rooms
}

// finish notes that it has none.
func (s *subscriber) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress[s.number] = nil
}

// reached notes that the stream has come to an id.
func (s *subscriber) reached(room, id string) {
	at, ok := history.Position(id)
	if !ok {
		return
	}
	s.at[room] = at.Seq
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress[s.number][room] = at.Seq
}
