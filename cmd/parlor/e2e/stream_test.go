package e2e_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

const greeting = "Connected to SSE stream"

// stream is an event stream over a bare connection. Its reading methods come in
// two kinds: those that return an error may be called from any goroutine.
type stream struct {
	t        *testing.T
	conn     net.Conn
	head     []string // status line and headers, in their order
	body     io.Reader
	parser   *sse.Parser
	queue    []sse.Event // read but not yet returned; bookmarks have no data
	comments []string
	raw      []byte // the body's first rawMax bytes
}

const rawMax = 64 << 10

// request returns the bytes of a GET request; headers are whole lines.
func request(target string, headers ...string) string {
	lines := append([]string{"GET " + target + " HTTP/1.1", "Host: parlor.test"}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// open opens a stream, which has to work.
func (s *server) open(target string, headers ...string) *stream {
	s.t.Helper()
	return openBy(s.t, s.dial(), target, headers...)
}

func openBy(t *testing.T, dial dialer, target string, headers ...string) *stream {
	t.Helper()
	st, err := tryOpen(t, dial, target, headers...)
	if err != nil {
		t.Fatalf("open %s: %v", target, err)
	}
	if st.head[0] != "HTTP/1.1 200 OK" {
		t.Fatalf("open %s: %q", target, st.head)
	}
	return st
}

// tryOpen opens a stream and reads its head.
func tryOpen(t *testing.T, dial dialer, target string, headers ...string) (*stream, error) {
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request(target, headers...)); err != nil {
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(proctest.Patience))
	br := bufio.NewReader(conn)
	st := &stream{t: t, conn: conn, body: br}
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line = strings.TrimSuffix(line, "\r\n"); line == "" {
			break
		}
		st.head = append(st.head, line)
	}
	if slices.Contains(st.head, "Transfer-Encoding: chunked") {
		st.body = httputil.NewChunkedReader(br)
	}
	st.parser = sse.NewParser(sse.Options{
		Bookmark: func(id string) { st.queue = append(st.queue, sse.Event{ID: id}) },
		Comment:  func(text []byte) { st.comments = append(st.comments, string(text)) },
	})
	return st, nil
}

// fill reads once from the connection.
func (st *stream) fill(deadline time.Time) error {
	buf := make([]byte, 32<<10)
	_ = st.conn.SetReadDeadline(deadline)
	n, err := st.body.Read(buf)
	st.raw = append(st.raw, buf[:min(n, rawMax-len(st.raw))]...)
	if perr := st.parser.Feed(buf[:n], func(e sse.Event) {
		e.Data = bytes.Clone(e.Data)
		st.queue = append(st.queue, e)
	}); perr != nil {
		return perr
	}
	return err
}

// read returns the next event or bookmark.
func (st *stream) read() (sse.Event, error) { return st.readBefore(time.Now().Add(proctest.Patience)) }

func (st *stream) readBefore(deadline time.Time) (sse.Event, error) {
	for len(st.queue) == 0 {
		if err := st.fill(deadline); err != nil && len(st.queue) == 0 {
			return sse.Event{}, err
		}
	}
	e := st.queue[0]
	st.queue = st.queue[1:]
	return e, nil
}

// readMessage returns the next event that is neither the greeting nor an update
// nor a bookmark.
func (st *stream) readMessage() (sse.Event, error) {
	for deadline := time.Now().Add(proctest.Patience); ; {
		e, err := st.readBefore(deadline)
		if err != nil || e.Data != nil && e.Name != "update" && string(e.Data) != greeting {
			return e, err
		}
	}
}

// next is read, which has to work.
func (st *stream) next() sse.Event {
	st.t.Helper()
	e, err := st.read()
	if err != nil {
		st.t.Fatalf("stream ended: %v", err)
	}
	return e
}

// message is readMessage, which has to work.
func (st *stream) message() sse.Event {
	st.t.Helper()
	e, err := st.readMessage()
	if err != nil {
		st.t.Fatalf("stream ended: %v", err)
	}
	return e
}

// update returns the next update.
func (st *stream) update() sse.Event {
	st.t.Helper()
	for deadline := time.Now().Add(proctest.Patience); ; {
		e, err := st.readBefore(deadline)
		if err != nil {
			st.t.Fatalf("no update: %v", err)
		}
		if e.Name == "update" {
			return e
		}
	}
}

// rest reads to the stream's end, which has to be in good order, and returns
// the messages.
func (st *stream) rest() []sse.Event {
	st.t.Helper()
	var all []sse.Event
	for {
		e, err := st.readMessage()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			st.t.Fatalf("stream broke after %d messages: %v", len(all), err)
		}
		all = append(all, e)
	}
}

// want fails unless e is the message of a receipt.
func (r receipt) want(t *testing.T, e sse.Event) {
	t.Helper()
	if e.ID != r.ID || e.Name != "broadcast" || !bytes.Equal(e.Data, r.Data) {
		t.Fatalf("got %s %s %s, want %s %s", e.ID, e.Name, e.Data, r.ID, r.Data)
	}
}

// header returns the value of a header line.
func (st *stream) header(name string) string {
	for _, line := range st.head[1:] {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	return ""
}

func (st *stream) close() { _ = st.conn.Close() }

// resumeAt is the header of a client that comes back.
func resumeAt(id string) string { return fmt.Sprintf("Last-Event-ID: %s", id) }

// expect wants exactly these messages next.
func (st *stream) expect(messages []kept) {
	st.t.Helper()
	for _, want := range messages {
		if e := st.message(); e.ID != want.ID || e.Name != want.Event || string(e.Data) != string(want.Data) {
			st.t.Fatalf("got %s %s %s, want %s %s %s", e.ID, e.Name, e.Data, want.ID, want.Event, want.Data)
		}
	}
}
