package httpfront_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/ticket"
)

// realRooms shows rooms that are no fakes to a server.
type realRooms struct{ *actors.System }

func (r realRooms) Subscribe(ctx context.Context, q actors.SubscribeRequest) (httpfront.Stream, error) {
	sub, err := r.System.Subscribe(ctx, q)
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// listen opens a stream and returns a function that reads it up to some text, or
// to its end if that is empty.
func listen(t *testing.T, addr, target string) (until func(text string) string) {
	t.Helper()
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, get(target, "")); err != nil {
		t.Fatal(err)
	}
	stream := bufio.NewReader(conn)
	until = func(text string) string {
		t.Helper()
		var seen strings.Builder
		for {
			line, err := stream.ReadString('\n')
			seen.WriteString(line)
			switch {
			case err == io.EOF && text == "", err == nil && text != "" && strings.Contains(line, text):
				return seen.String()
			case err != nil:
				t.Fatalf("no %q, %v in %s", text, err, seen.String())
			}
		}
	}
	until("Connected to SSE stream")
	return until
}

// streamsOf reads an answer that lists who listens: the id of each user's stream, of
// users who have one each.
func streamsOf(t *testing.T, r reply) map[string]string {
	t.Helper()
	var told struct {
		Subscribers []struct{ ID, User string }
	}
	if err := json.Unmarshal(r.body, &told); err != nil || r.status != 200 {
		t.Fatalf("subscribers: %d %s, %v", r.status, r.body, err)
	}
	ids := make(map[string]string)
	for _, s := range told.Subscribers {
		ids[s.User] = s.ID
	}
	if len(ids) != len(told.Subscribers) {
		return nil
	}
	return ids
}

// TestRealRooms goes the way of a user through rooms that are no fakes: a ticket, a
// stream, a message for the user, the list of who listens, and the end of the
// stream by somebody who may end it, or by the clock.
func TestRealRooms(t *testing.T) {
	s := newSigner(t)
	sys := openSystem(t)
	_, addr := start(t, realRooms{sys}, s.guard, func(c *httpfront.Config) {
		c.OnePerUser, c.Tickets = true, ticket.New(sys)
	})
	operator := bear(s.token(grants(everything())))
	of := func(user string, life time.Duration) claimSet {
		return claimSet{"sub": user, "exp": time.Now().Add(life).Unix(), "parlor": claimSet{"subscribe": []string{"mine"}}}
	}
	one := ticketOf(t, roundTrip(t, addr, post("/ticket?room=mine", bear(s.token(of("bob", time.Hour))), "")))
	bob := listen(t, addr, "/connect?room=mine&client=desk&ticket="+one)
	listen(t, addr, "/connect?room=mine&token="+s.token(of("eve", time.Hour)))

	if r := roundTrip(t, addr, post("/broadcast?room=mine&user=bob", operator, `{"for":"bob"}`)); r.status != 200 {
		t.Errorf("publish: %d %s", r.status, r.body)
	}
	bob(`"for":"bob"`)

	listening := func() map[string]string {
		return streamsOf(t, roundTrip(t, addr, get("/rooms/mine/subscribers", operator)))
	}
	var first map[string]string
	eventually(t, "bob and eve listen", func() bool {
		first = listening()
		return len(first) == 2 && first["bob"] != "" && first["eve"] != ""
	})

	again := listen(t, addr, "/connect?room=mine&client=desk&token="+s.token(of("bob", time.Hour)))
	if got := bob(""); !strings.Contains(got, "event: replaced\n") {
		t.Errorf("the stream that was replaced ended with %q", got)
	}
	eventually(t, "bob listens again", func() bool {
		now := listening()
		return len(now) == 2 && now["eve"] == first["eve"] && now["bob"] != "" && now["bob"] != first["bob"]
	})
	r := roundTrip(t, addr, "DELETE"+get("/rooms/mine/subscribers/desk", operator)[len("GET"):])
	if !strings.HasSuffix(string(r.body), `"disconnected":1}`) {
		t.Errorf("disconnect: %d %s", r.status, r.body)
	}
	again("")

	short := listen(t, addr, "/connect?room=mine&token="+s.token(of("joe", 2*time.Second)))
	short("event: token-expiring")
	short("event: token-expired")
	short("")
	if r := roundTrip(t, addr, get("/rooms/a?kind=parlor:ticket", operator)); r.status != 404 || r.code(t) != "unknown_kind" {
		t.Errorf("a room of tickets: %d %s", r.status, r.body)
	}
}
