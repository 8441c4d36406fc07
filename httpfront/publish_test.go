package httpfront_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

func TestPublication(t *testing.T) {
	room := keys("a")[0]
	for _, tc := range []struct {
		name, raw string
		want      actors.Publication
	}{
		{"plain", post("/broadcast?room=a", "", ` {"a" : [ 1, "b\u00e9" ] } `), actors.Publication{Room: room, Body: []byte(`{"a":[1,"b\u00e9"]}`)}},
		{"chunked", strings.Replace(rawChunked("3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n"), "/broadcast", "/broadcast?room=a", 1), actors.Publication{Room: room, Body: []byte(`{"a":1}`)}},
		{
			"all controls", post("/broadcast?room=a&event=tick&client=me&kind=room", "Idempotency-Key: k-!~\r\n", `{"id":1,"retry":2,"timestamp":"T"}`),
			actors.Publication{Room: room, Event: "tick", Client: "me", Key: "k-!~", Stamped: true, Body: []byte(`{"id":1,"retry":2,"timestamp":"T"}`)},
		},
		{"falsy timestamp", post("/broadcast?room=a&event=", "", `{"x":1,"timestamp":"","y":2}`), actors.Publication{Room: room, Body: []byte(`{"x":1,"y":2}`)}},
		{"longest key", post("/broadcast?room=a", "idempotency-key: "+strings.Repeat("k", 255)+"\r\n", `{}`), actors.Publication{Room: room, Key: strings.Repeat("k", 255), Body: []byte(`{}`)}},
		{
			"type with charset", "POST /broadcast?room=a HTTP/1.1\r\nHost: x\r\nContent-Type: Application/JSON ; charset=UTF-8\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
			actors.Publication{Room: room, Body: []byte(`{}`)},
		},
		{"65,536 bytes", post("/broadcast?room=a", "", `{"a":"`+strings.Repeat("a", 65536-8)+`"}`), actors.Publication{Room: room, Body: []byte(`{"a":"` + strings.Repeat("a", 65536-8) + `"}`)}},
		{"hard text", post("/broadcast?room=a", "", `{"a":"\r\n\n\ndata: x: \u0000\u2028"}`), actors.Publication{Room: room, Body: []byte(`{"a":"\r\n\n\ndata: x: \u0000\u2028"}`)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rooms := &fakeRooms{}
			_, addr := start(t, rooms)
			if r := roundTrip(t, addr, tc.raw); r.status != 200 {
				t.Fatalf("got %d %s", r.status, r.body)
			}
			if got := rooms.lastPublication(t); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

// TestBodyIsCopied checks that a published body survives the next request on
// the same connection.
func TestBodyIsCopied(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, post("/broadcast?room=first", "", `{"first":"aaaaaaaaaaaaaaaa"}`)+
		post("/broadcast?room=other", "Connection: close\r\n", `{"other":"bbbbbbbbbbbbbbbb"}`)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn)
	rooms.mu.Lock()
	defer rooms.mu.Unlock()
	if len(rooms.published) != 2 {
		t.Fatalf("%d published", len(rooms.published))
	}
	if p := rooms.published[0]; string(p.Body) != `{"first":"aaaaaaaaaaaaaaaa"}` || p.Room.Name != "first" {
		t.Errorf("the first became %s in %s", p.Body, p.Room)
	}
}

// stateMembers is what is told of a failure that the room's state is behind.
func stateMembers(outcome string, retryable, overloaded bool) string {
	if outcome != "" {
		outcome = `,"outcome":"` + outcome + `"`
	}
	return fmt.Sprintf(`%s,"retryable":%t,"overloaded":%t}`, outcome, retryable, overloaded)
}

func TestPublishErrors(t *testing.T) {
	for _, tc := range []struct {
		err    error
		status int
		code   string
		retry  string // Retry-After
		end    string // of the JSON, from the members after the message on
	}{
		{actors.ErrUnavailable, 503, "unavailable", "1", stateMembers("not_accepted", true, false)},
		{fmt.Errorf("ask: %w: %w", actors.ErrUnavailable, context.DeadlineExceeded), 503, "unavailable", "1", stateMembers("not_accepted", true, false)},
		{actors.ErrOverloaded, 503, "overloaded", "1", stateMembers("not_accepted", false, true)},
		{actors.ErrDraining, 503, "draining", "1", stateMembers("not_accepted", true, false)},
		{actors.ErrNotStarted, 503, "start_failed", "1", stateMembers("not_accepted", true, false)},
		{actors.ErrFailed, 500, "behaviour_failed", "", stateMembers("not_accepted", false, false)},
		{actors.ErrAnswerSize, 500, "answer_too_large", "", stateMembers("not_accepted", false, false)},
		{actors.ErrTorn, 500, "storage_damaged", "", stateMembers("not_accepted", false, false)},
		{actors.ErrUnknownOutcome, 504, "outcome_unknown", "", stateMembers("unknown", false, false)},
		{context.DeadlineExceeded, 504, "outcome_unknown", "", stateMembers("unknown", false, false)},
		{context.Canceled, 504, "outcome_unknown", "", stateMembers("unknown", false, false)},
		{actors.ErrKeyConflict, 409, "idempotency_conflict", "", stateMembers("", false, false)},
		{actors.ErrKeysExhausted, 429, "idempotency_keys_exhausted", "60", stateMembers("", false, false)},
		{actors.ErrBadRoom, 400, "invalid_room", "", `~ @ -."}`},
		{actors.ErrNoKind, 404, "unknown_kind", "", `kind of room."}`},
		{errors.New("disk on fire"), 500, "internal", "", `,"outcome":"unknown"}`},
		{&actors.Refusal{Status: 418, Code: "teapot", Message: "Short and stout."}, 418, "teapot", "", `"message":"Short and stout."}`},
		{&actors.Refusal{Status: 503, Code: "closed", Message: "Not today."}, 503, "closed", "", `"message":"Not today."}`},
		{&actors.Refusal{Status: 200, Code: "fine", Message: "No."}, 500, "behaviour_failed", "", stateMembers("not_accepted", false, false)},
	} {
		t.Run(tc.err.Error(), func(t *testing.T) {
			rooms := &fakeRooms{publish: func(context.Context, actors.Publication) (actors.Receipt, error) {
				return actors.Receipt{}, fmt.Errorf("publish in %q: %w", "a", tc.err)
			}}
			_, addr := start(t, rooms)
			r := roundTrip(t, addr, post("/broadcast", "", "{}"))
			if r.status != tc.status || r.code(t) != tc.code || r.header.Get("Retry-After") != tc.retry {
				t.Errorf("got %d %s, Retry-After %q", r.status, r.body, r.header.Get("Retry-After"))
			}
			if !strings.HasSuffix(string(r.body), tc.end) {
				t.Errorf("got %s, want the end %s", r.body, tc.end)
			}
			if strings.Contains(string(r.body), "retryable") != strings.Contains(tc.end, "retryable") {
				t.Errorf("got %s", r.body)
			}
		})
	}
}

// TestRetryUnderKey checks that what may have been done is only called retryable
// if it would not be done twice.
func TestRetryUnderKey(t *testing.T) {
	rooms := &fakeRooms{
		publish: func(context.Context, actors.Publication) (actors.Receipt, error) {
			return actors.Receipt{}, actors.ErrUnknownOutcome
		},
		call: func(context.Context, actors.Call) (actors.Reply, error) {
			return actors.Reply{}, actors.ErrUnknownOutcome
		},
	}
	_, addr := start(t, rooms)
	for _, target := range []string{"/broadcast", "/rooms/a/fetch/x"} {
		for key, want := range map[string]bool{"": false, "Idempotency-Key: k\r\n": true} {
			r := roundTrip(t, addr, post(target, key, "{}"))
			if r.status != 504 || !strings.HasSuffix(string(r.body), stateMembers("unknown", want, false)) {
				t.Errorf("%s with %q: %d %s", target, key, r.status, r.body)
			}
		}
	}
}

// TestAnswerLost wants nobody to ask again for an answer that will never come.
func TestAnswerLost(t *testing.T) {
	_, addr := start(t, &fakeRooms{call: func(context.Context, actors.Call) (actors.Reply, error) {
		return actors.Reply{}, actors.ErrAnswerLost
	}})
	r := roundTrip(t, addr, post("/rooms/a/fetch/x", "Idempotency-Key: k\r\n", "{}"))
	if r.status != 504 || !strings.HasSuffix(string(r.body), stateMembers("unknown", false, false)) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestPublishPatience(t *testing.T) {
	rooms := &fakeRooms{publish: func(ctx context.Context, _ actors.Publication) (actors.Receipt, error) {
		<-ctx.Done()
		return actors.Receipt{}, ctx.Err()
	}}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Patience = 10 * time.Millisecond })
	if r := roundTrip(t, addr, post("/broadcast", "", "{}")); r.status != 504 || r.code(t) != "outcome_unknown" {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

func TestRoomErrors(t *testing.T) {
	_, addr := start(t, unavailableRooms())
	for _, target := range []string{"/rooms/a", "/rooms/a/history"} {
		r := roundTrip(t, addr, get(target, ""))
		if r.status != 503 || r.code(t) != "unavailable" || r.header.Get("Retry-After") == "" || strings.Contains(string(r.body), "outcome") {
			t.Errorf("%s: %d %s", target, r.status, r.body)
		}
	}
}
