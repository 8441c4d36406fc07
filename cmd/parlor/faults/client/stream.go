package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

const (
	// headTimeout is how long a client waits for the head of a stream.
	headTimeout = 10 * time.Second
	// silence is what a client takes for the end of a stream. Servers send a
	// heartbeat after half of it.
	silence = 35 * time.Second
)

// stream is one event stream over a bare connection.
type stream struct {
	conn   net.Conn
	body   io.ReadCloser
	status int
}

// connect opens a stream. lastID is not sent if it is empty. ctx bounds the
// connecting only.
func connect(ctx context.Context, address string, rooms []string, lastID string) (*stream, error) {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s, err := request(conn, address, rooms, lastID)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}

// request sends the request and reads the head of the answer.
func request(conn net.Conn, address string, rooms []string, lastID string) (*stream, error) {
	if err := conn.SetDeadline(time.Now().Add(headTimeout)); err != nil {
		return nil, err
	}
	rq, err := http.NewRequest(http.MethodGet, "http://"+address+"/connect?"+url.Values{"room": rooms}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	rq.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		rq.Header.Set("Last-Event-ID", lastID)
	}
	if err := rq.Write(conn); err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 16<<10), rq)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return &stream{conn: conn, body: answer.Body, status: answer.StatusCode}, nil
}

// close cuts the connection, which ends a read in progress.
func (s *stream) close() { _ = s.conn.Close() }

// read feeds the parser until the stream ends, and returns why it did.
func (s *stream) read(parser *sse.Parser, emit func(sse.Event)) error {
	buf := make([]byte, 16<<10)
	for {
		if err := s.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return err
		}
		n, err := s.body.Read(buf)
		if perr := parser.Feed(buf[:n], emit); perr != nil {
			return perr
		}
		if err != nil {
			return err
		}
	}
}

// frameOf says what an event means; false if it has no place in a history. One
// room's stream says which room by being that room's.
func frameOf(e sse.Event, rooms []string) (history.Frame, bool) {
	switch e.Name {
	case "", "update", "heartbeat":
		return history.Frame{}, false
	case "unavailable":
		return history.Frame{Kind: history.Unavailable}, true
	case "gap", "reset":
		var loss struct {
			Room, ID, From, To, Reason string
			Lost                       uint64
		}
		if err := json.Unmarshal(e.Data, &loss); err != nil {
			return history.Frame{Kind: history.FrameKind(e.Name), Room: rooms[0], Reason: fmt.Sprintf("unreadable: %v", err)}, true
		}
		return history.Frame{Kind: history.FrameKind(e.Name), Room: loss.Room, ID: e.ID,
			From: loss.From, To: loss.To, Lost: loss.Lost, Reason: loss.Reason}, true
	}
	room, id, data := rooms[0], e.ID, e.Data
	if len(rooms) > 1 {
		var tagged struct {
			Room, ID string
			Data     json.RawMessage
		}
		// What can't be read is noted as a message without a name, which the
		// checker then finds that nobody published.
		if json.Unmarshal(e.Data, &tagged) == nil {
			room, id, data = tagged.Room, tagged.ID, bytes.TrimSpace(tagged.Data)
		}
	}
	return history.Frame{Kind: history.Message, Room: room, ID: id, UUID: history.UUID(data), SHA: history.Digest(e.Name, data)}, true
}
