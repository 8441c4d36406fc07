package e2e_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

// short is the life of a token that a stream is to outlast. The owner of a room
// is replaced in a fraction of it.
const short = 15 * time.Second

// TestTokenStream has the owner of a room killed under streams with a token that
// is about to end: they go on, without a gap, and end when the token does.
func TestTokenStream(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	f := is.startFleet(3)
	owner := f.nodes[0]
	room := f.roomOf(owner)
	front := f.nodes[1]
	front.publish("secret", `{}`)

	exp := time.Now().Add(short).Truncate(time.Second)
	token := is.grant(rights{"subscribe": []string{room}}, claims{"sub": "ann", "exp": exp.Unix()})
	streams := []*stream{
		front.open("/connect?room="+room+"&token="+token, "Accept: text/event-stream"),
		f.nodes[2].open("/connect?room="+room, bearing(token)),
	}
	sent := front.publishN(room, 1, 20)
	f.crash(owner)
	sent = append(sent, front.publishN(room, 21, 40)...)
	for i, st := range streams {
		checkTokenStream(t, st, sent, exp)
		if late := time.Since(exp); late < 0 {
			t.Errorf("stream %d ended %v before its token", i, -late)
		}
	}
	a := front.ask(request("/connect?room=" + room + "&token=" + token))
	if a.status != 401 || a.code() != "token_expired" {
		t.Errorf("after the end: %d %s", a.status, a.body)
	}

	narrow := is.grant(rights{"subscribe": []string{room}}, nil)
	for _, method := range []string{"/connect?room=%s", "/events?room=%s", "/rooms/%s", "/rooms/%s/history", "/rooms/%s/fetch/x"} {
		there := front.ask(request(fmt.Sprintf(method, "secret"), bearing(narrow)))
		nowhere := f.nodes[2].ask(request(fmt.Sprintf(method, "nowhere"), bearing(narrow)))
		if there.status != 403 || nowhere.status != 403 || !bytes.Equal(there.body, nowhere.body) ||
			fmt.Sprint(there.header) != fmt.Sprint(nowhere.header) {
			t.Errorf("%s: of a room %+v, of none %+v", method, there, nowhere)
		}
	}
}

// checkTokenStream reads a stream to its end: all messages, the notice that the
// token is about to end, and that it has.
func checkTokenStream(t *testing.T, st *stream, sent []receipt, exp time.Time) {
	t.Helper()
	var messages, notices []sse.Event
	for _, e := range st.rest() {
		if strings.HasPrefix(e.Name, "token-") {
			notices = append(notices, e)
			continue
		}
		messages = append(messages, e)
	}
	if len(messages) != len(sent) {
		t.Fatalf("%d messages of %d", len(messages), len(sent))
	}
	for i, r := range sent {
		r.want(t, messages[i])
	}
	at := exp.UTC().Format("2006-01-02T15:04:05.000Z")
	if len(notices) != 2 || notices[0].Name != "token-expiring" || notices[1].Name != "token-expired" ||
		!strings.Contains(string(notices[0].Data), `"expiresAt":"`+at+`"`) || string(notices[1].Data) != `{"expiredAt":"`+at+`"}` {
		t.Errorf("the token ends at %s, and was said to by %+v", at, notices)
	}
}
