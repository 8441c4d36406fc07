package httpfront_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/auth"
	"github.com/parlor-sse/parlor/httpfront/ticket"
	"github.com/parlor-sse/parlor/persistence"
)

// realTickets returns tickets that are kept in rooms.
func realTickets(t *testing.T) *ticket.Tickets {
	t.Helper()
	return ticket.New(openSystem(t))
}

// openSystem starts rooms that are no fakes, until the test ends.
func openSystem(t *testing.T) *actors.System {
	t.Helper()
	store := persistence.NewMemoryStore(persistence.MemoryConfig{History: 1})
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := actors.DefaultConfig()
	cfg.Node, cfg.Ring = "n1", cluster.Alone("n1")
	cfg.Store, cfg.Committer = store, committer
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Kinds = []actors.Kind{ticket.Kind()}
	sys, err := actors.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = committer.Close()
		sys.Close()
	})
	return sys
}

// ticketOf reads the answer to POST /ticket.
func ticketOf(t *testing.T, r reply) string {
	t.Helper()
	var v struct {
		Ticket    string `json:"ticket"`
		ExpiresIn int    `json:"expiresIn"`
	}
	if err := json.Unmarshal(r.body, &v); err != nil || r.status != 200 || v.Ticket == "" || v.ExpiresIn != 30 {
		t.Fatalf("ticket: %d %s, %v", r.status, r.body, err)
	}
	if r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", r.header)
	}
	return v.Ticket
}

// TestTicket exchanges a token for a ticket at one server, and opens a stream with
// it at another.
func TestTicket(t *testing.T) {
	s := newSigner(t)
	tickets := realTickets(t)
	with := func(c *httpfront.Config) { c.Tickets = tickets }
	rooms := &fakeRooms{}
	_, here := start(t, rooms, s.guard, with)
	_, there := start(t, rooms, s.guard, with)
	c := grants(claimSet{"subscribe": []string{"mine"}})
	end := time.Now().Add(time.Minute).Unix()
	c["exp"] = end
	header := bear(s.token(c))

	one := ticketOf(t, roundTrip(t, here, post("/ticket?room=mine", header, "")))
	if r := roundTrip(t, there, get("/connect?room=mine&ticket="+one, "")); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if got := rooms.lastSubscription(t); got.User != "ann" || got.Expires.Unix() != end {
		t.Errorf("the stream is %q's, until %v", got.User, got.Expires)
	}
	for name, tc := range map[string]struct {
		raw    string
		status int
		code   string
	}{
		"once more":              {get("/connect?room=mine&ticket="+one, ""), 401, "ticket_invalid"},
		"unknown":                {get("/connect?room=mine&ticket=abc", ""), 401, "ticket_invalid"},
		"another room":           {get("/connect?room=other&ticket="+ticketOf(t, roundTrip(t, here, post("/ticket?room=mine", header, ""))), ""), 403, "forbidden"},
		"for another room":       {post("/ticket?room=other", header, ""), 403, "forbidden"},
		"for two, one not":       {post("/ticket?room=mine&room=other", header, ""), 403, "forbidden"},
		"without a token":        {post("/ticket?room=mine", "", ""), 401, "token_missing"},
		"token in the query":     {post("/ticket?room=mine&token=abc", header, ""), 401, "token_in_query"},
		"with a ticket":          {post("/ticket?room=mine&ticket=abc", "", ""), 401, "token_in_query"},
		"bad room":               {post("/ticket?room=%00", header, ""), 400, "invalid_room"},
		"ticket of an operation": {post("/broadcast?room=mine&ticket="+one, header, "{}"), 401, "token_in_query"},
	} {
		if r := roundTrip(t, there, tc.raw); r.status != tc.status || r.code(t) != tc.code {
			t.Errorf("%s: %d %s, want %d %s", name, r.status, r.body, tc.status, tc.code)
		}
	}
}

// failing are tickets that can't be had just now.
type failing struct{ err error }

func (f failing) Issue(context.Context, *auth.Claims) (string, error)  { return "", f.err }
func (f failing) Redeem(context.Context, string) (*auth.Claims, error) { return nil, f.err }

// TestTicketsFail has the rooms of tickets fail. A stream is told to come back.
func TestTicketsFail(t *testing.T) {
	s := newSigner(t)
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		actors.ErrUnavailable:    {503, "unavailable"},
		actors.ErrOverloaded:     {503, "overloaded"},
		context.DeadlineExceeded: {503, "unavailable"},
	} {
		_, addr := start(t, &fakeRooms{}, s.guard, func(c *httpfront.Config) { c.Tickets = failing{err} })
		if r := roundTrip(t, addr, post("/ticket", bear(s.token(grants(everything()))), "")); r.status != want.status || r.code(t) != want.code {
			t.Errorf("%v: issue: %d %s", err, r.status, r.body)
		}
		if r := roundTrip(t, addr, get("/connect?ticket=abc", "")); r.status != 200 || !strings.HasPrefix(string(r.body), "retry: ") {
			t.Errorf("%v: redeem: %d %s", err, r.status, r.body)
		}
	}
}

// TestWithoutTickets asks for one where there are none.
func TestWithoutTickets(t *testing.T) {
	s := newSigner(t)
	for name, tweak := range map[string]func(*httpfront.Config){
		"no tickets": s.guard, "no tokens": func(c *httpfront.Config) { c.Tickets = failing{} },
	} {
		_, addr := start(t, &fakeRooms{}, tweak)
		if r := roundTrip(t, addr, post("/ticket", bear(s.token(grants(everything()))), "")); r.status != 404 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}
