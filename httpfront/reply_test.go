package httpfront_test

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

// answering returns rooms that answer every call alike.
func answering(r actors.Reply) *fakeRooms {
	return &fakeRooms{call: func(context.Context, actors.Call) (actors.Reply, error) { return r, nil }}
}

// TestReplyBytes checks the bytes of an answer, order included.
func TestReplyBytes(t *testing.T) {
	_, addr := start(t, answering(actors.Reply{Status: 203, Body: []byte("hello"), Duplicate: true, Header: http.Header{
		"Content-Type": {"text/x"}, "X-B": {"1", "2"}, "Etag": {`"e"`}, "Set-Cookie": {"a=1; Path=/", "b=2"}, "Cache-Control": {"max-age=5"},
	}}))
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, get("/rooms/a/fetch", "Connection: close\r\n")); err != nil {
		t.Fatal(err)
	}
	const want = "HTTP/1.1 203 Non-Authoritative Information\r\nContent-Type: text/x\r\nContent-Length: 5\r\n" +
		"Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nCache-Control: max-age=5\r\nEtag: \"e\"\r\nX-B: 1\r\nX-B: 2\r\n" +
		"Idempotent-Replayed: true\r\nAccess-Control-Expose-Headers: *\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nConnection: close\r\n\r\nhello"
	if got, err := io.ReadAll(conn); err != nil || string(got) != want {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
}

func TestReplyHeaders(t *testing.T) {
	for _, tc := range []struct {
		name       string
		send, want http.Header // all but Content-Length
	}{
		{"none", nil, http.Header{"Cache-Control": {"no-store"}}},
		{"own names", http.Header{"x-a": {"1"}, "X-A": {"2"}}, nil},
		{"content", http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"a/b"}, "Location": {"/x"}}, http.Header{
			"Cache-Control": {"no-store"}, "Content-Encoding": {"gzip"}, "Content-Type": {"a/b"}, "Location": {"/x"},
		}},
		{"not theirs", http.Header{
			"Connection": {"close, x-hop"}, "X-Hop": {"1"}, "Transfer-Encoding": {"chunked"}, "Content-Length": {"7"}, "content-length": {"9"}, "Keep-Alive": {"1"}, "Upgrade": {"x"},
			"Trailer": {"X-Late"}, "Access-Control-Allow-Origin": {"https://evil.example"}, "Access-Control-Allow-Credentials": {"true"},
			"X-Content-Type-Options": {"sniff"}, "idempotent-replayed": {"true"},
		}, http.Header{"Cache-Control": {"no-store"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, addr := start(t, answering(actors.Reply{Status: 200, Header: tc.send, Body: []byte("b")}))
			r := roundTrip(t, addr, get("/rooms/a/fetch", ""))
			for name, ours := range map[string]string{
				"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*", "X-Content-Type-Options": "nosniff", "Content-Length": "1",
			} {
				if got := r.header.Values(name); !reflect.DeepEqual(got, []string{ours}) {
					t.Errorf("%s: %q", name, got)
				}
				r.header.Del(name)
			}
			if r.status != 200 || string(r.body) != "b" || r.closed {
				t.Errorf("got %d %s, closed %v", r.status, r.body, r.closed)
			}
			if tc.want != nil && !reflect.DeepEqual(r.header, tc.want) {
				t.Errorf("got  %v\nwant %v", r.header, tc.want)
			}
			if tc.want == nil && len(r.header.Values("X-A")) != 2 {
				t.Errorf("got %v", r.header)
			}
		})
	}
}

func TestReplyWithoutBody(t *testing.T) {
	for _, tc := range []struct {
		method string
		status int
		length string
	}{{"HEAD", 200, "5"}, {"GET", 204, ""}, {"GET", 304, ""}, {"HEAD", 404, "5"}} {
		_, addr := start(t, answering(actors.Reply{Status: tc.status, Body: []byte("hello")}))
		r := roundTrip(t, addr, tc.method+get("/rooms/a/fetch", "")[3:])
		if r.status != tc.status || len(r.body) != 0 || r.closed || r.header.Get("Content-Length") != tc.length {
			t.Errorf("%s %d: %d %v %q, closed %v", tc.method, tc.status, r.status, r.header, r.body, r.closed)
		}
	}
}

// TestBadReply checks that nothing is sent of an answer that can't be sent.
func TestBadReply(t *testing.T) {
	const secret = "s3cr3t"
	for name, reply := range map[string]actors.Reply{
		"status 0":     {},
		"status 100":   {Status: 100},
		"status 101":   {Status: 101},
		"status 199":   {Status: 199},
		"status 600":   {Status: 600},
		"status -1":    {Status: -1},
		"empty name":   {Status: 200, Header: http.Header{"": {secret}}},
		"space":        {Status: 200, Header: http.Header{"X Y": {secret}}},
		"colon":        {Status: 200, Header: http.Header{"X:": {secret}}},
		"name with lf": {Status: 200, Header: http.Header{"X\nSet-Cookie": {secret}}},
		"high name":    {Status: 200, Header: http.Header{"X-\xe9": {secret}}},
		"lf":           {Status: 200, Header: http.Header{"X": {"ok", secret + "\nSet-Cookie: a=b"}}},
		"cr":           {Status: 200, Header: http.Header{"X": {secret + "\r"}}},
		"nul":          {Status: 200, Header: http.Header{"X": {"\x00" + secret}}},
		"delete":       {Status: 200, Header: http.Header{"X": {"\x7f" + secret}}},
		"ours":         {Status: 200, Header: http.Header{"Access-Control-Allow-Origin": {"a\nb" + secret}}},
	} {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			reply.Body = []byte(secret)
			_, addr := start(t, answering(reply), logTo(&log))
			r := roundTrip(t, addr, get("/rooms/a/fetch", ""))
			if r.status != 500 || r.code(t) != "invalid_answer" || strings.Contains(string(r.body), secret) || r.header.Get("X") != "" || r.closed {
				t.Errorf("got %d %v %s, closed %v", r.status, r.header, r.body, r.closed)
			}
			if got := log.String(); !strings.Contains(got, "level=ERROR") || strings.Contains(got, secret) {
				t.Errorf("log: %s", got)
			}
		})
	}
}

// TestReplyVary checks that an answer's own Vary stands beside the server's.
func TestReplyVary(t *testing.T) {
	_, addr := start(t, answering(actors.Reply{Status: 200, Header: http.Header{"Vary": {"Accept"}}}),
		func(c *httpfront.Config) { c.Origins = []string{"https://a.example"} })
	r := roundTrip(t, addr, get("/rooms/a/fetch", "Origin: https://a.example\r\n"))
	if got := strings.Join(r.header.Values("Vary"), ", "); got != "Origin, Accept" || r.header.Get("Access-Control-Allow-Origin") != "https://a.example" {
		t.Errorf("Vary %q, %v", got, r.header)
	}
}

// TestRefusalsOfBehaviours checks that codes that behaviours make up can't fill
// the metrics.
func TestRefusalsOfBehaviours(t *testing.T) {
	reg := prometheus.NewRegistry()
	n := 0
	rooms := &fakeRooms{call: func(context.Context, actors.Call) (actors.Reply, error) {
		n++ // calls come one after the other here
		return actors.Reply{}, &actors.Refusal{Status: 400, Code: "made_up_" + itoa(n), Message: "No."}
	}}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Registry = reg })
	for range 3 {
		roundTrip(t, addr, get("/rooms/a/fetch", ""))
	}
	if got := scrape(reg); !strings.Contains(got, `parlor_http_refused_total{reason="behaviour"} 3`) || strings.Contains(got, "made_up") {
		t.Errorf("got %s", got)
	}
}
