package httpfront_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

// header is the header of a request to host x with these lines more.
func header(more ...string) http.Header {
	h := http.Header{"Host": {"x"}}
	for i := 0; i < len(more); i += 2 {
		h.Add(more[i], more[i+1])
	}
	return h
}

// TestCall checks what a room gets to see of a request.
func TestCall(t *testing.T) {
	room := keys("a")[0]
	big := strings.Repeat("b", actors.MaxBody)
	for _, tc := range []struct {
		name, raw string
		want      actors.Call
	}{
		{"no rest", get("/rooms/a/fetch", ""), actors.Call{Room: room, Method: "GET", Target: "/", Header: header()}},
		{"empty rest", get("/rooms/a/fetch/", ""), actors.Call{Room: room, Method: "GET", Target: "/", Header: header()}},
		{"path", get("/rooms/a/fetch/b%2Fc/../%2e%2E//d;e=f", ""), actors.Call{Room: room, Method: "GET", Target: "/b%2Fc/../%2e%2E//d;e=f", Header: header()}},
		{"query", get("/rooms/a/fetch?b=%20&c&&=d&b=1", ""), actors.Call{Room: room, Method: "GET", Target: "/?b=%20&c&=d&b=1", Header: header()}},
		{"controls", get("/rooms/a/fetch/p?token=s3cr3t&b=1&kin%64=room&ticket=s3cr3t&tokens=2&t%6Fken=s3cr3t", ""), actors.Call{Room: room, Method: "GET", Target: "/p?b=1&tokens=2", Header: header()}},
		{"only controls", get("/rooms/a/fetch/p?kind=room&token=s3cr3t", ""), actors.Call{Room: room, Method: "GET", Target: "/p", Header: header()}},
		{"absolute form", get("http://other:81/rooms/a/fetch/p?q", ""), actors.Call{Room: room, Method: "GET", Target: "/p?q", Header: http.Header{"Host": {"other:81"}}}},
		{"put", "PUT" + post("/rooms/a/fetch/p", "Idempotency-Key: k\r\n", "{}")[4:], actors.Call{
			Room: room, Method: "PUT", Target: "/p", Key: "k", Body: []byte("{}"),
			Header: header("Content-Type", "application/json", "Idempotency-Key", "k"),
		}},
		{"get with a body", "GET" + post("/rooms/a/fetch/p", "", "{}")[4:], actors.Call{
			Room: room, Method: "GET", Target: "/p", Body: []byte("{}"), Header: header("Content-Type", "application/json"),
		}},
		{"delete", "DELETE" + get("/rooms/a/fetch/p", "")[3:], actors.Call{Room: room, Method: "DELETE", Target: "/p", Header: header()}},
		{"patch", "PATCH" + get("/rooms/a/fetch/p", "")[3:], actors.Call{Room: room, Method: "PATCH", Target: "/p", Header: header()}},
		{"head", "HEAD" + get("/rooms/a/fetch/p", "")[3:], actors.Call{Room: room, Method: "HEAD", Target: "/p", Header: header()}},
		{"any body", "POST /rooms/a/fetch HTTP/1.1\r\n" + host + "Content-Type: image/png\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x00\xff\n", actors.Call{
			Room: room, Method: "POST", Target: "/", Body: []byte("\x00\xff\n"), Header: header("Content-Type", "image/png", "Content-Encoding", "gzip"),
		}},
		{"multipart", "POST /rooms/a/fetch HTTP/1.1\r\n" + host + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 4\r\n\r\n--b-", actors.Call{
			Room: room, Method: "POST", Target: "/", Body: []byte("--b-"), Header: header("Content-Type", "multipart/form-data; boundary=b"),
		}},
		{"chunked", strings.Replace(rawChunked("3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nX-Late: no\r\n\r\n"), "/broadcast", "/rooms/a/fetch", 1), actors.Call{
			Room: room, Method: "POST", Target: "/", Body: []byte(`{"a":1}`), Header: header("Content-Type", "application/json"),
		}},
		{"largest body", "POST /rooms/a/fetch HTTP/1.1\r\n" + host + "Content-Length: " + itoa(len(big)) + "\r\n\r\n" + big, actors.Call{
			Room: room, Method: "POST", Target: "/", Body: []byte(big), Header: header(),
		}},
		{
			"headers", get("/rooms/a/fetch", "x-mine: a \r\nX-Mine:\tb\r\nX-Empty:\r\nCookie: a=1; b=2\r\nAuthorization: Bearer t\r\nUser-Agent: me\r\n"+
				"Connection: x-hop, close\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nTE: trailers\r\nTrailer: X-Late\r\nUpgrade: h2c\r\nProxy-Connection: close\r\nProxy-Authorization: Basic x\r\n"),
			actors.Call{Room: room, Method: "GET", Target: "/", Header: header(
				"X-Mine", "a", "X-Mine", "b", "X-Empty", "", "Cookie", "a=1; b=2", "Authorization", "Bearer t", "User-Agent", "me")},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rooms := &fakeRooms{}
			_, addr := start(t, rooms)
			if r := roundTrip(t, addr, tc.raw); r.status != 200 {
				t.Fatalf("got %d %s", r.status, r.body)
			}
			if got := rooms.lastCall(t); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

// TestCallIsCopied checks that a call survives the next request on the same
// connection.
func TestCallIsCopied(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, post("/rooms/first/fetch/aaaa?aaaa", "X-A: aaaa\r\nIdempotency-Key: aaaa\r\n", `"aaaaaaaa"`)+
		post("/rooms/other/fetch/bbbb?bbbb", "X-A: bbbb\r\nIdempotency-Key: bbbb\r\nConnection: close\r\n", `"bbbbbbbb"`)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn)
	rooms.mu.Lock()
	defer rooms.mu.Unlock()
	if len(rooms.calls) != 2 {
		t.Fatalf("%d calls", len(rooms.calls))
	}
	c := rooms.calls[0]
	if string(c.Body) != `"aaaaaaaa"` || c.Room.Name != "first" || c.Target != "/aaaa?aaaa" || c.Key != "aaaa" || c.Header.Get("X-A") != "aaaa" || c.Method != "POST" {
		t.Errorf("the first became %+v", c)
	}
}

// TestCallBounds checks the bounds that a larger head than usual could pass.
func TestCallBounds(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.MaxHead = 64 << 10 })
	const prefix = "/rooms/a/fetch"
	longest := "/" + strings.Repeat("p", actors.MaxTarget-1)
	value := strings.Repeat("v", actors.MaxHeader-len("Hostx")-len("X"))
	for _, tc := range []struct {
		raw    string
		status int
		code   string
	}{
		{get(prefix+longest, ""), 200, ""},
		{get(prefix+longest+"p", ""), 414, "target_too_long"},
		{get(prefix+"/?"+longest, ""), 414, "target_too_long"},
		{get(prefix+"?token="+longest, ""), 200, ""},
		{get(prefix, "X: "+value+"\r\n"), 200, ""},
		{get(prefix, "X: "+value+"v\r\n"), 431, "head_too_large"},
		{get(prefix, strings.Repeat("X: y\r\n", 63)), 200, ""},
		{get(prefix, strings.Repeat("X: y\r\n", 64)), 431, "head_too_large"},
	} {
		if r := roundTrip(t, addr, tc.raw); r.status != tc.status || r.code(t) != tc.code {
			t.Errorf("%s: %d %s", clip(tc.raw), r.status, r.body)
		}
	}
}

// TestCallErrors checks the answers whose words differ from those of a publish,
// which takes all the others.
func TestCallErrors(t *testing.T) {
	for _, tc := range []struct {
		err    error
		status int
		want   string
	}{
		{actors.ErrNoFetch, 404, `{"success":false,"error":"no_fetch","message":"Rooms of this kind answer no requests."}`},
		{actors.ErrBadCall, 400, `{"success":false,"error":"invalid_call","message":"The room takes no such request."}`},
		{actors.ErrOverloaded, 503, `{"success":false,"error":"overloaded","message":"The room has more to do than it can keep up with.",` +
			`"outcome":"not_accepted","retryable":false,"overloaded":true}`},
		{context.DeadlineExceeded, 504, `{"success":false,"error":"outcome_unknown","message":"No word came back in time: the request was carried out, or will be, once or never.",` +
			`"outcome":"unknown","retryable":false,"overloaded":false}`},
		{actors.ErrAnswerSize, 500, `{"success":false,"error":"answer_too_large","message":"The room's answer is too large: nothing was changed or sent.",` +
			`"outcome":"not_accepted","retryable":false,"overloaded":false}`},
		{&actors.Refusal{Status: 402, Code: "pay_first", Message: "It costs \"1\"."}, 402, `{"success":false,"error":"pay_first","message":"It costs \"1\"."}`},
		{errors.New("disk on fire"), 500, `{"success":false,"error":"internal","message":"The server failed to answer.","outcome":"unknown"}`},
	} {
		rooms := &fakeRooms{call: func(context.Context, actors.Call) (actors.Reply, error) {
			return actors.Reply{}, fmt.Errorf("call %q: %w", "a", tc.err)
		}}
		_, addr := start(t, rooms)
		if r := roundTrip(t, addr, post("/rooms/a/fetch/b", "", "{}")); r.status != tc.status || string(r.body) != tc.want {
			t.Errorf("%v: %d %s\nwant %s", tc.err, r.status, r.body, tc.want)
		}
	}
}

func TestCallPatience(t *testing.T) {
	rooms := &fakeRooms{call: func(ctx context.Context, _ actors.Call) (actors.Reply, error) {
		<-ctx.Done()
		return actors.Reply{}, ctx.Err()
	}}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Patience = 10 * time.Millisecond })
	if r := roundTrip(t, addr, get("/rooms/a/fetch", "")); r.status != 504 || r.code(t) != "outcome_unknown" {
		t.Errorf("got %d %s", r.status, r.body)
	}
}
