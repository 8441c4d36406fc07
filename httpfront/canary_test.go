package httpfront_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// notes is a log that may be written to from any goroutine.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// canaries renders requests of every sort, good and malformed, that bring a token.
func canaries(token string) []string {
	all := []string{
		"GET /connect?token=" + token + "\r\n\r\n", "GET /connect?token=" + token + " HTTP/9.9\r\n\r\n",
		"GET /connect?token=" + token + " HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
		"GET http://[" + token + "/connect HTTP/1.1\r\nHost: x\r\n\r\n", token + " / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /connect HTTP/1.1\r\nHost: x\r\nAuthorization : Bearer " + token + "\r\n\r\n",
		"GET /connect HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n " + token + "\r\n\r\n",
		"POST /broadcast HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n" + bear(token) + "\r\n",
		get("/connect", "Last-Event-ID: "+token+"\r\n"), get("/connect", "Origin: "+token+"\r\n"+bear(token)),
		get("/connect", strings.Repeat("X-Auth-Token: "+token+"\r\n", 40)),
		get("/connect?token="+token+"&ticket="+token, ""), get("/connect?ticket="+token, ""), get("/connect?token="+token+"%zz", ""),
		get("/connect?token="+token+"&room=%00", ""), get("/connect?token="+token+"&room=panic", ""), get("/connect?token="+token+"&room=fail", ""),
		get("/connect?token="+token+"&lastEventId="+token, ""), get("/nope?token="+token, bear(token)), get("/health?token="+token, bear(token)),
		post("/broadcast?room=panic", bear(token), "{}"), post("/broadcast?room=fail", bear(token), "{}"), post("/ticket?token="+token, bear(token), ""),
		post("/broadcast", bear(token)+"Idempotency-Key: a b\r\n", "{}"), post("/broadcast", bear(token), "nonsense"),
		"OPTIONS /broadcast?token=" + token + " HTTP/1.1\r\nHost: x\r\n" + bear(token) + "\r\n",
		get("/rooms/a", bear(token+"x")), get("/rooms/a", "Authorization: Basic "+token+"\r\n"), get("/own?token="+token, bear(token)),
		get("/own-stream?token="+token, ""), get("/own-handler", bear(token)),
	}
	for _, header := range []string{bear(token), "X-Auth-Token: " + token + "\r\n", bear(token + token), "Cookie: c=d\r\n" + bear(token)} {
		for _, a := range asks(header) {
			all = append(all, a.raw)
		}
	}
	for _, a := range asks("") {
		all = append(all, strings.Replace(a.raw, " HTTP/1.1", "?token="+token+" HTTP/1.1", 1), strings.Replace(a.raw, " HTTP/1.1", "&ticket="+token+" HTTP/1.1", 1))
	}
	return all
}

// TestCanary passes tokens through everything that a server does, and looks for
// them wherever they must not be.
func TestCanary(t *testing.T) {
	s := newSigner(t)
	rooms := &fakeRooms{
		publish: func(_ context.Context, p actors.Publication) (actors.Receipt, error) {
			return accept(p), failAsNamed(p.Room)
		},
		subscribe: func(_ context.Context, r actors.SubscribeRequest) (httpfront.Stream, error) {
			return &fakeStream{body: "data: x\n\n", closed: r.Closed}, failAsNamed(r.Rooms[0])
		},
	}
	log, reg := &notes{}, prometheus.NewRegistry()
	tickets := realTickets(t)
	_, addr := start(t, rooms, s.guard, withRoutes(
		httpfront.Route{Method: "GET", Pattern: "/own", Handler: httpfront.Fetch(func(*httpfront.Request) (actors.Call, error) {
			return actors.Call{Room: keys("a")[0]}, nil
		})},
		httpfront.Route{Method: "GET", Pattern: "/own-stream", Handler: httpfront.EventStream(toRoom("a"))},
		httpfront.Route{Method: "GET", Pattern: "/own-handler", Handler: saying("x"), Needs: httpfront.Everything},
	), func(c *httpfront.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
		c.Registry, c.Tickets, c.RoomPublishRate, c.MaxStreamsPerRoom = reg, tickets, 1000, 1000
	})
	good := s.token(grants(everything()))
	signature := good[strings.LastIndexByte(good, '.')+1:]
	const canary = "CANARYcanaryCANARY"
	var answers bytes.Buffer
	for _, token := range []string{good, canary, canary + "." + canary + "." + canary, s.token(claimSet{"exp": 1, "canary": true})} {
		for _, raw := range canaries(token) {
			answers.Write(answerTo(t, addr, raw))
		}
		if got := ticketOf(t, roundTrip(t, addr, post("/ticket", bear(good), ""))); token == good {
			answers.Write(answerTo(t, addr, get("/connect?ticket="+got, "")))
		}
		signatures := []string{canary, token[strings.LastIndexByte(token, '.')+1:], signature}
		rooms.mu.Lock()
		seen := fmt.Sprintf("%+v %+v", rooms.published, rooms.calls)
		for _, r := range rooms.subscriptions {
			r.LastEventID = "" // what the client says there is its own
			seen += fmt.Sprintf(" %+v", r)
		}
		rooms.mu.Unlock()
		for where, text := range map[string]string{"answers": answers.String(), "log": log.String(), "metrics": scrape(reg), "rooms": seen} {
			for _, secret := range signatures {
				if i := strings.Index(text, secret); i >= 0 {
					t.Errorf("in the %s: …%s…", where, text[max(0, i-200):min(len(text), i+100)])
				}
			}
		}
	}
	if !strings.Contains(log.String(), "handler panicked") || !strings.Contains(log.String(), "request failed") {
		t.Error("nothing of what was to be logged was")
	}
	if answers.Len() == 0 || !strings.Contains(scrape(reg), `reason="token_malformed"`) {
		t.Error("nothing was answered, or counted")
	}
}

// failAsNamed fails in the way that the room's name says.
func failAsNamed(room persistence.RoomKey) error {
	switch room.Name {
	case "panic":
		panic("as the room is named")
	case "fail":
		return errors.New("as the room is named")
	}
	return nil
}

// answerTo sends raw bytes, no more after them, and returns all that comes back.
func answerTo(t *testing.T, addr, raw string) []byte {
	t.Helper()
	conn := dial(t, addr)
	defer conn.Close()
	go func() {
		_, _ = io.WriteString(conn, raw)
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	answer, err := io.ReadAll(conn)
	if err != nil && len(answer) == 0 {
		t.Fatalf("%.60q: %v", raw, err)
	}
	return answer
}
