package actors_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
)

// local is a node for the examples, which keeps what rooms store in memory.
type local struct {
	*actors.System
	committer *persistence.Committer
}

// openLocal opens a node that has these kinds of rooms.
func openLocal(kinds ...actors.Kind) local {
	store := persistence.NewMemoryStore(persistence.MemoryConfig{History: 10})
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		log.Fatal(err)
	}
	cfg := actors.DefaultConfig()
	cfg.Node, cfg.Ring = "example", cluster.Alone("example")
	cfg.Store, cfg.Committer = store, committer
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Kinds = kinds
	sys, err := actors.Open(cfg)
	if err != nil {
		log.Fatal(err)
	}
	return local{sys, committer}
}

func (l local) Close() {
	_ = l.committer.Close()
	l.System.Close()
}

// post has a room answer a POST, and returns what it says.
func (l local) post(room persistence.RoomKey, target, body string) string {
	reply, err := l.Call(context.Background(), actors.Call{
		Room: room, Method: http.MethodPost, Target: target, Body: []byte(body),
	})
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(reply.Body))
}

// listen opens a stream on a room, for a client of that id. Closing the
// connection ends it.
func (l local) listen(room persistence.RoomKey, client string) (*sse.Decoder, io.Closer) {
	sub, err := l.Subscribe(context.Background(), actors.SubscribeRequest{
		Rooms: []persistence.RoomKey{room}, Client: client, Live: true,
		Greeting: sse.AppendEvent(nil, sse.Event{Name: "welcome", Data: []byte("hello")}),
	})
	if err != nil {
		log.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	server, err := ln.Accept()
	if err != nil {
		log.Fatal(err)
	}
	sub.Attach(server, nil)
	events := sse.NewDecoder(conn, sse.Options{})
	if _, err := events.Next(); err != nil { // welcome
		log.Fatal(err)
	}
	return events, conn
}

// next returns the next event of a stream as text.
func next(events *sse.Decoder) string {
	e, err := events.Next()
	if err != nil {
		return err.Error()
	}
	return e.Name + " " + string(e.Data)
}
