package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// secret signs the tokens of these tests.
const secret = "a secret for tests, of thirty-two bytes and more"

// tokenFor returns a token of a user who may do everything in room a, and nothing
// elsewhere.
func tokenFor(t *testing.T, user string, life time.Duration) string {
	t.Helper()
	key, err := auth.Secret("", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	token, err := auth.Sign(key, "", map[string]any{
		"sub": user, "exp": time.Now().Add(life).Unix(),
		"parlor": auth.Grants{Subscribe: []string{"a"}, Publish: []string{"a"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// startGuarded starts a node that wants tokens, and shows it one of user test's.
func startGuarded(t *testing.T, program string, flags ...string) *nodetest.Node {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tokens.key")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	n := nodetest.Start(t, program, append(flags, "--heartbeat", beat, "--jwt-key-file", file)...)
	n.Token = tokenFor(t, "test", time.Hour)
	return n
}

// fetchTicket has the page ask for tickets, with the token in window.token.
const fetchTicket = `window.ticket = async (rooms) => {
	const query = new URLSearchParams(rooms.map((room) => ["room", room]));
	const headers = { Authorization: "Bearer " + window.token };
	const response = await fetch("/ticket?" + query, { method: "POST", headers });
	if (!response.ok) throw new Error("refused");
	return (await response.json()).ticket;
};`

// useToken has the tab ask for tickets with a token from now on.
func (f follower) useToken(token string) {
	f.t.Helper()
	f.tab.Run(nil, fetchTicket+`window.token = arguments[0];`, token)
}

// opening is a request for a stream that has ended since.
type opening struct {
	Ticket string
	Status int // 0 if there was no answer
}

// openings returns the requests for streams of a tab that have ended.
func (f follower) openings() []opening {
	f.t.Helper()
	var all []opening
	f.tab.Run(&all, `return performance.getEntriesByType("resource").filter((e) => e.name.includes("/connect?"))
		.map((e) => ({ ticket: new URL(e.name).searchParams.get("ticket") ?? "", status: e.responseStatus }));`)
	return all
}

// tickets has every connection bring a ticket of its own.
func tickets(t *testing.T, b *chromium.Browser, program string) {
	n := startGuarded(t, program)
	var tabs []follower
	for range 2 {
		f := open(t, b, n.URL("/"))
		f.useToken(tokenFor(t, "ada", time.Hour))
		f.connect("a")
		f.untilState("open")
		tabs = append(tabs, f)
	}
	publish(n, "a", 1, 3)
	n.Kill()
	tabs[1].untilState("waiting")
	n.Run()
	publish(n, "a", 4, 6)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 6)
	}
	untilStreams(t, n, "a", 1)

	// While no ticket is to be had, the tabs wait for one.
	lead, others := leader(t, tabs)
	seen := lead.openings()
	others[0].tab.Run(nil, `window.token = "wrong";`)
	lead.tab.Close()
	others[0].untilState("waiting")
	others[0].useToken(tokenFor(t, "ada", time.Hour))
	publish(n, "a", 7, 9)
	others[0].wantNumbers("a", 1, 9)
	others[0].wantCalm()

	others[0].tab.Run(nil, `window.handle.close();`)
	untilStreams(t, n, "a", 0)
	wantFreshTickets(t, slices.Concat(seen, others[0].openings()))
}

// wantFreshTickets wants no stream to have been refused, and no ticket to have been
// brought twice.
func wantFreshTickets(t *testing.T, openings []opening) {
	t.Helper()
	brought := make(map[string]bool)
	for _, o := range openings {
		if o.Ticket == "" || brought[o.Ticket] || o.Status != 200 && o.Status != 0 {
			t.Errorf("a stream was asked for with ticket %q, and answered %d", o.Ticket, o.Status)
		}
		brought[o.Ticket] = true
	}
	if len(brought) < 2 {
		t.Errorf("%d streams were asked for: %+v", len(brought), openings)
	}
}
