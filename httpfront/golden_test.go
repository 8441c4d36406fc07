package httpfront_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"regexp"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestStreamHead checks the bytes of a stream's beginning, order included.
func TestStreamHead(t *testing.T) {
	const common = "Cache-Control: no-cache, no-transform\r\nConnection: keep-alive\r\nX-Accel-Buffering: no\r\n" +
		"Access-Control-Allow-Origin: *\r\n\r\ndata: Connected to SSE stream\n\n"
	for _, tc := range []struct{ name, request, want string }{
		{"connect", get("/connect?room=my-room", ""), "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + common},
		{"events", get("/events", ""), "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;charset=utf-8\r\n" + common},
		{"http 1.0", "GET /connect HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + common},
		{"close", get("/connect", "Connection: close\r\n"), "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + common},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, addr := start(t, &fakeRooms{})
			conn := dial(t, addr)
			if _, err := io.WriteString(conn, tc.request); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(conn)
			if err != nil || string(got) != tc.want {
				t.Errorf("got %q, %v\nwant %q", got, err, tc.want)
			}
		})
	}
}

func TestPublishAnswer(t *testing.T) {
	for _, tc := range []struct{ name, target, body, want string }{
		{
			"the seed's example", "/broadcast?room=my-room", `{"message":"Hello World","data":"Additional info"}`,
			`{"success":true,"message":"Broadcast received successfully","data":{"message":"Hello World","data":"Additional info","timestamp":"2026-01-02T15:04:05.000Z"},` +
				`"id":"7-42","room":"my-room","durability":"fsync","replicas":"1/1","subscribers":3,"duplicate":false}`,
		},
		{
			"own timestamp", "/broadcast", `{ "timestamp" : "T", "a": [1, 2] }`,
			`{"success":true,"message":"Broadcast received successfully","data":{"timestamp":"T","a":[1,2]},` +
				`"id":"7-42","room":"global","durability":"fsync","replicas":"1/1","subscribers":3,"duplicate":false}`,
		},
		{
			"falsy timestamp and empty room", "/broadcast?room=", `{"timestamp":0,"a":"é<"}`,
			`{"success":true,"message":"Broadcast received successfully","data":{"a":"é<","timestamp":"2026-01-02T15:04:05.000Z"},` +
				`"id":"7-42","room":"global","durability":"fsync","replicas":"1/1","subscribers":3,"duplicate":false}`,
		},
		{
			"targeted", "/broadcast?client=me", `{}`,
			`{"success":true,"message":"Broadcast received successfully","data":{"timestamp":"2026-01-02T15:04:05.000Z"},` +
				`"id":null,"room":"global","durability":"fsync","replicas":"1/1","subscribers":3,"duplicate":false}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, addr := start(t, &fakeRooms{})
			r := roundTrip(t, addr, post(tc.target, "", tc.body))
			if r.status != 200 || string(r.body) != tc.want {
				t.Errorf("got %d %s\nwant %s", r.status, r.body, tc.want)
			}
			for name, want := range map[string]string{
				"Content-Type": "application/json", "Cache-Control": "no-store",
				"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff", "Vary": "",
			} {
				if got := r.header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if r.closed {
				t.Error("the connection was closed")
			}
		})
	}
}

// TestBehaviourAnswer checks what a publisher is told when the room's behaviour
// had something to say.
func TestBehaviourAnswer(t *testing.T) {
	for _, tc := range []struct {
		name    string
		receipt actors.Receipt
		want    string
	}{
		{
			"answered", actors.Receipt{ID: persistence.Position{Epoch: 7, Seq: 42}, Data: []byte(`{}`), Durability: "fsync", Copies: 1, Of: 1, Answer: []byte(`{"n":1}`)},
			`"data":{},"id":"7-42","room":"global","durability":"fsync","replicas":"1/1","subscribers":0,"duplicate":false,"answer":{"n":1}}`,
		},
		{
			"dropped", actors.Receipt{Data: []byte(`{}`), Durability: "fsync", Copies: 1, Of: 1, Dropped: true},
			`"data":{},"id":null,"room":"global","durability":"fsync","replicas":"1/1","subscribers":0,"duplicate":false,"dropped":true}`,
		},
		{
			"dropped and answered", actors.Receipt{Durability: "memory", Copies: 1, Of: 1, Dropped: true, Duplicate: true, Answer: []byte(`null`)},
			`"data":null,"id":null,"room":"global","durability":"memory","replicas":"1/1","subscribers":0,"duplicate":true,"dropped":true,"answer":null}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, addr := start(t, &fakeRooms{publish: func(context.Context, actors.Publication) (actors.Receipt, error) { return tc.receipt, nil }})
			r := roundTrip(t, addr, post("/broadcast", "", "{}"))
			want := `{"success":true,"message":"Broadcast received successfully",` + tc.want
			if r.status != 200 || string(r.body) != want {
				t.Errorf("got %d %s\nwant %s", r.status, r.body, want)
			}
		})
	}
}

func TestCreateAnswer(t *testing.T) {
	for target, suffix := range map[string]string{"/rooms": "", "/rooms?kind=room": "", "/rooms?kind=counter": "?kind=counter"} {
		for _, body := range []string{"", "{}", " { }\n"} {
			kind := "room"
			if suffix != "" {
				kind = "counter"
			}
			id := persistence.NewObjectID(kind)
			_, addr := start(t, &fakeRooms{create: func(_ context.Context, kind string) (persistence.RoomKey, error) {
				return persistence.RoomKey{Kind: kind, Name: id}, nil
			}})
			r := roundTrip(t, addr, post(target, "", body))
			want := `{"success":true,"id":"` + id + `","room":"` + id + `","kind":"` + kind + `","durableObjectId":"` + id + `"}`
			if r.status != 201 || string(r.body) != want || r.header.Get("Location") != "/rooms/"+id+suffix || r.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %q: %d %v %s\nwant %s", target, body, r.status, r.header, r.body, want)
			}
		}
	}
}

func TestRoot(t *testing.T) {
	_, addr := start(t, &fakeRooms{})
	r := roundTrip(t, addr, get("/", ""))
	want := regexp.MustCompile(`^\{"name":"Parlor","version":"1\.2\.3","endpoints":\{` +
		`"/connect":\{"method":"GET","description":"Server-Sent Events connection endpoint","contentType":"text/event-stream"\},` +
		`"/broadcast":\{"method":"POST","description":"Broadcast messages to all connected clients","contentType":"application/json"\},.*\},` +
		`"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}$`)
	if !want.Match(r.body) || !json.Valid(r.body) {
		t.Errorf("got %s", r.body)
	}
	if r.header.Get("Vary") != "Accept" || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", r.header)
	}
	head := roundTrip(t, addr, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
	if head.status != 200 || len(head.body) != 0 || head.closed {
		t.Errorf("HEAD: %d, %d bytes, closed %v", head.status, len(head.body), head.closed)
	}
	page := roundTrip(t, addr, get("/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"))
	if page.header.Get("Content-Type") != "text/html; charset=utf-8" || page.header.Get("Vary") != "Accept" ||
		page.header.Get("Content-Security-Policy") == "" || !bytes.Contains(page.body, []byte("<!doctype html>")) {
		t.Errorf("console: %v", page.header)
	}
}

func TestHistoryAnswer(t *testing.T) {
	rooms := &fakeRooms{history: func(_ context.Context, _ persistence.RoomKey) ([]persistence.Record, error) {
		return []persistence.Record{
			{Position: persistence.Position{Epoch: 7, Seq: 1}, Time: 1767366245000, Data: []byte(`{"a":1}`)},
			{Position: persistence.Position{Epoch: 7, Seq: 2}, Time: 1767366245001, Event: "tick", Data: []byte(`{}`)},
		}, nil
	}}
	_, addr := start(t, rooms)
	r := roundTrip(t, addr, get("/rooms/a%2Db/history", ""))
	const want = `{"room":"a-b","kind":"room","messages":[` +
		`{"id":"7-1","event":"broadcast","time":"2026-01-02T15:04:05.000Z","data":{"a":1}},` +
		`{"id":"7-2","event":"tick","time":"2026-01-02T15:04:05.001Z","data":{}}]}`
	if string(r.body) != want {
		t.Errorf("got %s\nwant %s", r.body, want)
	}
}

func TestInfoAnswers(t *testing.T) {
	rooms := &fakeRooms{rooms: func(after string, limit int) ([]actors.RoomInfo, string) {
		if after != "b" || limit != 5 {
			return nil, ""
		}
		return []actors.RoomInfo{{Room: "c"}}, "c"
	}}
	_, addr := start(t, rooms)
	for target, want := range map[string]string{
		"/rooms":                        `{"rooms":[],"next":""}`,
		"/rooms?after=b&limit=5":        `{"rooms":[{"room":"c","kind":"","durableObjectId":"","owner":"","epoch":0,"seq":0,"id":"","connectionCount":0,"history":0,"idleSeconds":0}],"next":"c"}`,
		"/rooms/x?kind=counter":         `{"room":"x","kind":"counter","durableObjectId":"","owner":"","epoch":0,"seq":0,"id":"","connectionCount":0,"history":0,"idleSeconds":0}`,
		"/rooms/x":                      `{"room":"x","kind":"room","durableObjectId":"","owner":"","epoch":0,"seq":0,"id":"","connectionCount":0,"history":0,"idleSeconds":0}`,
		"/rooms/x/history":              `{"room":"x","kind":"room","messages":[]}`,
		"/rooms/x/history?kind=counter": `{"room":"x","kind":"counter","messages":[]}`,
		"/members":                      `{"ringVersion":0,"leader":"","members":[],"rings":0,"quorate":false,"handover":{"done":false,"pending":0,"moved":0}}`,
		"/ready":                        `{"status":"ready"}`,
	} {
		if r := roundTrip(t, addr, get(target, "")); r.status != 200 || string(r.body) != want {
			t.Errorf("%s: %d %s\nwant %s", target, r.status, r.body, want)
		}
	}
	health := roundTrip(t, addr, get("/health", ""))
	want := regexp.MustCompile(`^\{"status":"ok","version":"1\.2\.3","node":"test-node","uptimeSeconds":\d+\.\d{3},"stats":\{"streams":1,"rooms":2,"outlets":3\}\}$`)
	if !want.Match(health.body) {
		t.Errorf("health: %s", health.body)
	}
}

func TestReady(t *testing.T) {
	srv, addr := start(t, &fakeRooms{})
	srv.SetReady(false)
	if r := roundTrip(t, addr, get("/ready", "")); r.status != 503 || r.code(t) != "not_ready" || r.header.Get("Retry-After") == "" {
		t.Errorf("not ready: %d %s", r.status, r.body)
	}
	srv.SetReady(true)
	if r := roundTrip(t, addr, get("/ready", "")); r.status != 200 {
		t.Errorf("ready: %d %s", r.status, r.body)
	}
}
