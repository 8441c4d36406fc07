package browsertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// secret is what the tokens of a test are signed with.
const secret = "a secret for tests, of thirty-two bytes and more"

// openGuarded opens the console of a new server that wants tokens. It returns how
// to make one, by flags of parlor token.
func openGuarded(t *testing.T, flags ...string) (*server, *browser, func(flags ...string) string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tokens.key")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	s, b := openConsole(t, append(flags, "--jwt-key-file", file)...)
	return s, b, func(flags ...string) string {
		t.Helper()
		out, err := exec.Command(parlor(t), append([]string{"token", "--key-file", file}, flags...)...).Output()
		if err != nil {
			t.Fatalf("parlor token %q: %v", flags, err)
		}
		return strings.TrimSpace(string(out))
	}
}

// everything are the flags for a token that may do all that the console does.
var everything = []string{"--sub", "ada", "--subscribe", "*", "--publish", "*", "--kind", "*"}

// useToken gives the console a token, as a person does.
func (b *browser) useToken(token string) {
	b.t.Helper()
	b.Write("#token", token)
	b.Click("#token-use")
}

// untilNote waits until the console says something of its token.
func (b *browser) untilNote(state, part string) {
	b.t.Helper()
	b.Until(`document.getElementById("token-note").dataset.state === arguments[0]`, state)
	b.UntilText("#token-note", part)
}

// publishes publishes through the console.
func (b *browser) publishes(text string) {
	b.t.Helper()
	b.Write("#publish-body", text)
	b.Click("#publish")
}

// keptNowhere checks that a token is in none of the places where it would outlast
// the page or be read by others.
func (b *browser) keptNowhere(token string) {
	b.t.Helper()
	var places string
	b.Run(&places, `return JSON.stringify([
		{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state,
		performance.getEntries().map((e) => e.name), document.documentElement.outerHTML,
		[...document.querySelectorAll("input, textarea")].map((e) => e.value),
	]);`)
	if !strings.Contains(places, "/connect?") || !strings.Contains(places, "ticket=") {
		b.t.Errorf("no stream was opened by a ticket: %s", places)
	}
	if strings.Contains(places, token) {
		b.t.Errorf("the token is kept: %s", places)
	}
}

// wantNewTickets checks that streams, as far as they have ended, brought at least so
// many tickets, and none a second time.
func (b *browser) wantNewTickets(least int) {
	b.t.Helper()
	var tickets []string
	b.Run(&tickets, `return performance.getEntriesByType("resource").filter((e) => e.name.includes("/connect?"))
		.map((e) => new URL(e.name).searchParams.get("ticket")).filter((ticket) => ticket);`)
	slices.Sort(tickets)
	if len(tickets) < least || len(slices.Compact(slices.Clone(tickets))) != len(tickets) {
		b.t.Errorf("the streams brought %q, want %d tickets or more, each once", tickets, least)
	}
}

func TestConsoleWithoutTokensHidesTheirForm(t *testing.T) {
	_, b := openConsole(t)
	b.join("kitchen")
	b.Until(`!document.getElementById("token-form").checkVisibility()`)
	b.calm()
}

func TestConsoleWithToken(t *testing.T) {
	t.Parallel()
	s, b, token := openGuarded(t)
	b.untilNote("missing", "wants a token")
	b.Write("#room", "kitchen")
	b.Click("#connect")
	b.untilState("failed")
	b.UntilText("#status", "token_missing")
	b.publishes("refused")
	b.UntilText("#publish-result", "token_missing")

	b.useToken("no token, is it?")
	b.untilNote("unusable", "That is no token")
	b.useToken("abc.def.ghi")
	b.untilNote("refused", "(401 token_")
	b.untilState("failed")

	mine := token(everything...)
	b.useToken("Bearer " + mine)
	b.untilState("open") // the room was asked for before
	b.untilNote("used", "in use")
	b.publishes("welcome")
	b.UntilText("#publish-result", "Accepted as ")
	b.UntilText("#events", "welcome")
	b.UntilText("#history", "welcome")
	b.UntilText("#rooms", "kitchen")

	// Each time that it comes back, it brings another ticket.
	s.Kill()
	b.untilState("waiting")
	s.Run()
	b.untilState("open")
	b.publishes("back")
	b.UntilText("#events", "back")
	if got := strings.Join(b.messages("kitchen"), " "); got != "welcome back" {
		t.Errorf("shown: %s", got)
	}
	b.Look("console token")

	b.Click("#token-forget")
	b.untilNote("missing", "wants a token")
	b.untilState("failed")
	b.wantNewTickets(2) // for the stream that the kill ended, and this one
	b.keptNowhere(mine)
	b.Until(`document.querySelectorAll("#rooms li, #history li").length === 0`)
	b.Run(nil, "location.reload();")
	b.untilNote("missing", "wants a token") // it does not remember
	b.calm("401", "net::ERR_")
}

// TestConsoleTokenExpires has the stream tell of it, gives a newer token in time,
// and then none.
func TestConsoleTokenExpires(t *testing.T) {
	t.Parallel()
	s, b, token := openGuarded(t)
	b.useToken(token(append(everything, "--ttl", "20s")...))
	b.join("kitchen")
	b.untilNote("expiring", "Give a newer one")
	b.UntilText(`#events [data-kind="token-expiring"]`, "more.")

	b.useToken(token(append(everything, "--ttl", "12s")...))
	b.untilNote("expiring", "expires at")
	b.publishes("in time")
	b.UntilText("#events", "in time")
	b.untilState("failed")
	b.untilNote("refused", "expired")
	b.UntilText("#status", "The token has expired.")
	b.UntilText(`#events [data-kind="token-expired"]`, "has expired")
	before := b.Text("#publish-result")
	b.publishes("late") // for clocks that differ, what is no stream has half a minute more
	b.Until(`((text) => text.includes("Accepted as ") && text !== arguments[0])(document.getElementById("publish-result").textContent)`, before)
	b.untilNote("refused", "expired")

	writer := token(everything...)
	s.publishAs(writer, "kitchen", `{"message":"meanwhile"}`)
	b.useToken(writer)
	b.untilState("open")
	b.UntilText("#events", "meanwhile")
	if got := strings.Join(b.messages("kitchen"), ", "); got != "in time, late, meanwhile" {
		t.Errorf("shown: %s", got)
	}
	b.calm("401")
}

// TestConsoleReplaced is shown in two windows to one user who may have one stream.
func TestConsoleReplaced(t *testing.T) {
	s, older, token := openGuarded(t, "--one-stream-per-user")
	older.useToken(token(everything...))
	older.join("kitchen")
	newer := older.newWindow()
	newer.Open(s.URL("/"))
	newer.useToken(token(everything...))
	newer.join("kitchen")
	older.untilState("failed")
	older.UntilText("#status", "Another stream of the same user")
	older.calm("401")
}

// TestConsoleTokenGrantsLittle says what is refused, and goes on with the rest.
func TestConsoleTokenGrantsLittle(t *testing.T) {
	_, b, token := openGuarded(t)
	b.useToken(token("--subscribe", "kitchen"))
	b.join("kitchen")
	b.UntilText("#rooms-empty", "forbidden")
	b.Write("#publish-room", "kitchen")
	b.publishes("refused")
	b.UntilText("#publish-result", "forbidden")
	b.untilState("open")
	b.untilNote("used", "in use")
	b.calm("401", "403")
}

// publishAs publishes with a token.
func (s *server) publishAs(token, room, object string) {
	s.t.Helper()
	as := *s.Node
	as.Token = token
	as.Post("/broadcast?room="+room, object, nil)
}
