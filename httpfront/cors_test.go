package httpfront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

func unavailableRooms() *fakeRooms {
	return &fakeRooms{
		info: func(context.Context, persistence.RoomKey) (actors.RoomInfo, error) {
			return actors.RoomInfo{}, actors.ErrUnavailable
		},
		history: func(context.Context, persistence.RoomKey) ([]persistence.Record, error) {
			return nil, context.DeadlineExceeded
		},
		publish: func(context.Context, actors.Publication) (actors.Receipt, error) {
			return actors.Receipt{}, actors.ErrUnavailable
		},
	}
}

// corsRequests are requests of every sort of answer that there is.
func corsRequests(origin string) map[string]string {
	line := ""
	if origin != "" {
		line = "Origin: " + origin + "\r\n"
	}
	return map[string]string{
		"stream":    get("/connect", line),
		"events":    get("/events", line),
		"publish":   post("/broadcast", line, "{}"),
		"root":      get("/", line),
		"console":   get("/", line+"Accept: text/html\r\n"),
		"room":      get("/rooms/a", line),
		"health":    get("/health", line),
		"preflight": "OPTIONS /broadcast HTTP/1.1\r\nHost: x\r\n" + line + "\r\n",
		"not found": get("/nope", line),
		"bad query": get("/connect?room=%zz", line),
		"bad head":  get("/connect", line+"X: a\r\n b\r\n"),
		"bad json":  post("/broadcast", line, "nope"),
		"fetch":     get("/rooms/a/fetch/b", line),
		"new room":  post("/rooms", line, ""),
		"too big":   post("/broadcast", line, strings.Repeat(" ", 70000)),
	}
}

func TestCORS(t *testing.T) {
	listed := []string{"https://a.example", "http://localhost:3000"}
	for _, tc := range []struct {
		name          string
		origins       []string
		origin, allow string
		vary          bool
	}{
		{"any, no origin", nil, "", "*", false},
		{"any", nil, "https://evil.example", "*", false},
		{"any by star", []string{"*"}, "null", "*", false},
		{"listed", listed, "https://a.example", "https://a.example", true},
		{"listed, other", listed, "http://localhost:3000", "http://localhost:3000", true},
		{"not listed", listed, "https://evil.example", "", true},
		{"other port", listed, "http://localhost:3001", "", true},
		{"other scheme", listed, "http://a.example", "", true},
		{"suffix", listed, "https://a.example.evil", "", true},
		{"upper case", listed, "HTTPS://A.EXAMPLE", "", true},
		{"null", listed, "null", "", true},
		{"listed, no origin", listed, "", "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, addr := start(t, &fakeRooms{}, func(c *httpfront.Config) { c.Origins = tc.origins })
			for name, raw := range corsRequests(tc.origin) {
				r := roundTrip(t, addr, raw)
				if got := r.header.Values("Access-Control-Allow-Origin"); strings.Join(got, "|") != tc.allow {
					t.Errorf("%s: allow %q, want %q", name, got, tc.allow)
				}
				if got := strings.Contains(strings.Join(r.header.Values("Vary"), ","), "Origin"); got != tc.vary {
					t.Errorf("%s: vary %v", name, r.header.Values("Vary"))
				}
				if r.header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s: credentials", name)
				}
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	_, addr := start(t, &fakeRooms{}, withRoutes(
		httpfront.Route{Method: "PUT", Pattern: "/own/{x}", Handler: httpfront.HTTP(http.NotFoundHandler())},
		httpfront.Route{Method: "GET", Pattern: "/own/stream", Handler: httpfront.EventStream(toRoom("a"))},
	))
	const some, all = "Content-Type, Cache-Control, Last-Event-ID, Idempotency-Key, Authorization, X-Auth-Token", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
	for _, tc := range []struct{ path, methods, headers string }{
		{"/broadcast", "GET, POST, OPTIONS", some},
		{"/connect", "GET, POST, OPTIONS", some},
		{"/", "GET, POST, OPTIONS", some},
		{"/nope", "GET, POST, OPTIONS", some},
		{"/rooms", "GET, POST, OPTIONS", some},
		{"/rooms/%zz", "GET, POST, OPTIONS", some},
		{"*", "GET, POST, OPTIONS", some},
		{"/connect?%zz", "GET, POST, OPTIONS", some},
		{"/rooms/a/fetch", all, some + ", *"},
		{"/rooms/a/fetch/b/c?d", all, some + ", *"},
		{"/own/x", "PUT, OPTIONS", some + ", *"},
		{"/own/stream", "GET, POST, OPTIONS", some + ", *"},
	} {
		r := roundTrip(t, addr, "OPTIONS "+tc.path+" HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n"+
			"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n")
		if r.status != 204 || len(r.body) != 0 || r.closed || r.header.Get("Content-Length") != "" {
			t.Errorf("%s: %d %q %v, closed %v", tc.path, r.status, r.body, r.header, r.closed)
		}
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin":  "*",
			"Access-Control-Allow-Methods": tc.methods,
			"Access-Control-Allow-Headers": tc.headers,
			"Access-Control-Max-Age":       "86400",
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", tc.path, name, got, want)
			}
		}
	}
}
