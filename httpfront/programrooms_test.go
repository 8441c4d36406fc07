package httpfront_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// TestRequest checks what a program may know of a request.
func TestRequest(t *testing.T) {
	type seen struct {
		id, rest, none, method, header, host, lastID string
		resume                                       bool
		query                                        map[string][]string
		body                                         string
	}
	var got seen
	look := func(r *httpfront.Request) (actors.Call, error) {
		got = seen{
			id: r.Path("id"), rest: r.Path("rest"), none: r.Path("none"), method: r.Method(), header: r.Header("x-mine"), host: r.Header("Host"),
			query: r.Query(), body: string(r.Body()),
		}
		got.lastID, got.resume = r.LastEventID()
		if r.RemoteAddr() == nil {
			t.Error("no address")
		}
		return actors.Call{Room: keys("a")[0]}, nil
	}
	_, addr := start(t, &fakeRooms{}, withRoutes(
		httpfront.Route{Method: "POST", Pattern: "/own/{id}/to/{rest...}", Handler: httpfront.Fetch(look)},
	))
	for _, tc := range []struct {
		raw  string
		want seen
	}{
		{post("/own/%20/to/b%2F/c?a=1&a=2&token=t", "X-Mine: 1\r\nX-Mine: 2\r\nLast-Event-ID: 7-1\r\n", "{}"), seen{
			id: " ", rest: "b//c", method: "POST", header: "1", host: "x", lastID: "7-1", resume: true, body: "{}",
			query: map[string][]string{"a": {"1", "2"}, "token": {"t"}},
		}},
		{post("/own//to/?lastEventId=7-2", "", ""), seen{
			method: "POST", host: "x", lastID: "7-2", resume: true, query: map[string][]string{"lastEventId": {"7-2"}},
		}},
		{post("/own/%C3%A9/to/?lastEventId=1&lastEventId=2", "", ""), seen{
			id: "é", method: "POST", host: "x", lastID: "?", resume: true, query: map[string][]string{"lastEventId": {"1", "2"}},
		}},
	} {
		if r := roundTrip(t, addr, tc.raw); r.status != 200 || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%d: got %+v\nwant %+v", r.status, got, tc.want)
		}
	}
}

// TestEventStream checks what is subscribed to in a program's name.
func TestEventStream(t *testing.T) {
	var want actors.SubscribeRequest
	rooms := &fakeRooms{}
	_, addr := start(t, rooms, withRoutes(httpfront.Route{Method: "GET", Pattern: "/sse/{id}", Handler: httpfront.EventStream(
		func(r *httpfront.Request) (actors.SubscribeRequest, error) { return want, nil })}))
	forged := strings.Repeat("0", 64)
	for _, tc := range []struct {
		name      string
		ask, want actors.SubscribeRequest
	}{
		{"plain", actors.SubscribeRequest{Rooms: keys("a"), Framing: actors.Plain}, actors.SubscribeRequest{Rooms: keys("a"), Framing: actors.Plain}},
		{"default kind", actors.SubscribeRequest{Rooms: []persistence.RoomKey{{Name: "a"}}}, actors.SubscribeRequest{Rooms: keys("a")}},
		{"several", actors.SubscribeRequest{Rooms: keys("a", "b")}, actors.SubscribeRequest{Rooms: keys("a", "b"), Framing: actors.Tagged}},
		{"by id", actors.SubscribeRequest{Rooms: keys(idOf("room", "known"))}, actors.SubscribeRequest{Rooms: keys("known")}},
		{"a hash for a name", actors.SubscribeRequest{Rooms: keys(forged)}, actors.SubscribeRequest{Rooms: keys(forged)}},
		{
			"all of it", actors.SubscribeRequest{Rooms: keys("a"), Client: "me", Live: true, Greeting: []byte("data: hi\n\n"), LastEventID: "7-1", Resume: true},
			actors.SubscribeRequest{Rooms: keys("a"), Client: "me", Live: true, Greeting: []byte("data: hi\n\n"), LastEventID: "7-1", Resume: true},
		},
	} {
		want = tc.ask
		r := roundTrip(t, addr, get("/sse/x", "Last-Event-ID: 9-9\r\n"))
		if r.status != 200 || string(r.body) != "data: Connected to SSE stream\n\n" || r.header.Get("Content-Type") != "text/event-stream" || !r.closed {
			t.Errorf("%s: %d %v %s", tc.name, r.status, r.header, r.body)
			continue
		}
		got := rooms.lastSubscription(t)
		got.Closed = nil
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %+v\nwant %+v", tc.name, got, tc.want)
		}
	}
	if r := roundTrip(t, addr, "HEAD /sse/x HTTP/1.1\r\nHost: x\r\n\r\n"); r.status != 405 {
		t.Errorf("HEAD: %d", r.status)
	}
	if r := roundTrip(t, addr, get("/sse/x", "Accept: text/html\r\n")); r.status != 406 {
		t.Errorf("Accept: %d", r.status)
	}
}

// TestProgramRefuses checks what is answered when a program's function, or what
// it returns, is no good. The last column is of streams alone: whether they are
// told to come back instead.
func TestProgramRefuses(t *testing.T) {
	const given = `{"error":"Invalid stream ID"}`
	long := strings.Repeat("a", 129)
	for _, tc := range []struct {
		name   string
		room   persistence.RoomKey
		err    error
		status int
		body   string
		passes bool
	}{
		{"status", persistence.RoomKey{}, httpfront.Status(400, "application/json", []byte(given)), 400, given, false},
		{"status 401", persistence.RoomKey{}, httpfront.Status(401, "", nil), 401, "", false},
		{"status 503", persistence.RoomKey{}, httpfront.Status(503, "", nil), 503, "", false},
		{"status 204", persistence.RoomKey{}, httpfront.Status(204, "", nil), 204, "", false},
		{"status 99", persistence.RoomKey{}, httpfront.Status(99, "", nil), 500, `"invalid_answer"`, false},
		{"refusal", persistence.RoomKey{}, &actors.Refusal{Status: 401, Code: "no_token", Message: "Say who you are."}, 401,
			`{"success":false,"error":"no_token","message":"Say who you are."}`, false},
		{"refusal 503", persistence.RoomKey{}, &actors.Refusal{Status: 503, Code: "closed", Message: "Closed."}, 503, `"closed"`, false},
		{"unavailable", persistence.RoomKey{}, actors.ErrUnavailable, 503, `"unavailable"`, true},
		{"unforeseen", persistence.RoomKey{}, errors.New("boom"), 500, `"internal"`, true},
		{"malformed room", persistence.RoomKey{Name: long}, nil, 400, `"invalid_room"`, false},
		{"malformed kind", persistence.RoomKey{Kind: long, Name: "a"}, nil, 400, `"invalid_kind"`, false},
		{"no such kind", persistence.RoomKey{Kind: "chess", Name: "a"}, nil, 404, `"unknown_kind"`, false},
		{"no such room", persistence.RoomKey{Name: idOf("room", "lost")}, nil, 404, `"unknown_object_id"`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rooms := &fakeRooms{}
			_, addr := start(t, rooms, withRoutes(
				httpfront.Route{Method: "GET", Pattern: "/stream", Handler: httpfront.EventStream(func(*httpfront.Request) (actors.SubscribeRequest, error) {
					return actors.SubscribeRequest{Rooms: []persistence.RoomKey{tc.room}}, tc.err
				})},
				httpfront.Route{Method: "GET", Pattern: "/fetch", Handler: httpfront.Fetch(func(*httpfront.Request) (actors.Call, error) {
					return actors.Call{Room: tc.room}, tc.err
				})},
			))
			for _, target := range []string{"/stream", "/fetch"} {
				r := roundTrip(t, addr, get(target, ""))
				if target == "/stream" && tc.passes {
					if r.status != 200 || !strings.HasPrefix(string(r.body), "retry: ") {
						t.Errorf("%s: %d %s", target, r.status, r.body)
					}
					continue
				}
				exact := !strings.HasPrefix(tc.body, `"`)
				if r.status != tc.status || exact && string(r.body) != tc.body || !strings.Contains(string(r.body), tc.body) {
					t.Errorf("%s: %d %s", target, r.status, r.body)
				}
				if tc.name == "status 401" && r.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s: %v", target, r.header)
				}
				if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("%s: %v", target, r.header)
				}
			}
			if len(rooms.subscriptions)+len(rooms.calls) != 0 {
				t.Error("the room was reached")
			}
		})
	}
}

// TestBadSubscription checks the rest of what no program may subscribe to.
func TestBadSubscription(t *testing.T) {
	for name, tc := range map[string]struct {
		ask  actors.SubscribeRequest
		want string
	}{
		"no rooms":   {actors.SubscribeRequest{}, "retry: "}, // a fault, which may pass
		"101 rooms":  {actors.SubscribeRequest{Rooms: make([]persistence.RoomKey, 101)}, "retry: "},
		"one twice":  {actors.SubscribeRequest{Rooms: keys("known", idOf("room", "known"))}, "duplicate_room"},
		"bad client": {actors.SubscribeRequest{Rooms: keys("a"), Client: "a b"}, "invalid_parameter"},
	} {
		rooms := &fakeRooms{}
		_, addr := start(t, rooms, withRoutes(httpfront.Route{Method: "GET", Pattern: "/s", Handler: httpfront.EventStream(
			func(*httpfront.Request) (actors.SubscribeRequest, error) { return tc.ask, nil })}))
		if r := roundTrip(t, addr, get("/s", "")); !strings.Contains(string(r.body), tc.want) || len(rooms.subscriptions) != 0 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

// TestProgramClosed checks that the end of a stream is told to the program and
// counted as well, or neither if there was none.
func TestProgramClosed(t *testing.T) {
	reg := prometheus.NewRegistry()
	ended := make(chan struct{}, 2)
	rooms := &fakeRooms{}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Registry = reg }, withRoutes(
		httpfront.Route{Method: "GET", Pattern: "/s", Handler: httpfront.EventStream(func(*httpfront.Request) (actors.SubscribeRequest, error) {
			return actors.SubscribeRequest{Rooms: keys("a"), Closed: func() { ended <- struct{}{} }}, nil
		})}))
	rooms.subscribe = func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error) {
		return nil, actors.ErrUnavailable
	}
	roundTrip(t, addr, get("/s", ""))
	rooms.subscribe = nil
	roundTrip(t, addr, get("/s", ""))
	<-ended
	if got := scrape(reg); len(ended) != 0 || !strings.Contains(got, "\nparlor_http_streams 0\n") {
		t.Errorf("told %d times more; %s", len(ended), got)
	}
}

// TestProgramFetch checks what a program's call is completed with.
func TestProgramFetch(t *testing.T) {
	var ask actors.Call
	rooms := &fakeRooms{}
	_, addr := start(t, rooms, withRoutes(httpfront.Route{Method: "POST", Pattern: "/do/{what}", Handler: httpfront.Fetch(
		func(*httpfront.Request) (actors.Call, error) { return ask, nil })}))
	raw := post("/do/it%20?a=1&kind=x&token=s3cr3t", "Idempotency-Key: k\r\n", "{}")
	came := http.Header{"Host": {"x"}, "Content-Type": {"application/json"}, "Idempotency-Key": {"k"}}
	own := http.Header{"X-Own": {"1"}}
	for _, tc := range []struct{ ask, want actors.Call }{
		{actors.Call{Room: keys("a")[0]}, actors.Call{
			Room: keys("a")[0], Method: "POST", Target: "/do/it%20?a=1&kind=x", Header: came, Body: []byte("{}"), Key: "k"}},
		{actors.Call{Room: persistence.RoomKey{Kind: otherKind, Name: idOf(otherKind, "known")}, Method: "PUT", Target: "/x", Header: own, Body: []byte{}, Key: "mine"}, actors.Call{
			Room: persistence.RoomKey{Kind: otherKind, Name: "known"}, Method: "PUT", Target: "/x", Header: own, Body: []byte{}, Key: "mine"}},
	} {
		ask = tc.ask
		if r := roundTrip(t, addr, raw); r.status != 200 || string(r.body) != "done\n" {
			t.Fatalf("got %d %s", r.status, r.body)
		}
		if got := rooms.lastCall(t); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("got  %+v\nwant %+v", got, tc.want)
		}
	}
}
