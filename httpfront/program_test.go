package httpfront_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

// withRoutes adds a program's routes.
func withRoutes(routes ...httpfront.Route) func(*httpfront.Config) {
	return func(c *httpfront.Config) { c.Routes = routes }
}

// toRoom opens streams of one room.
func toRoom(name string) func(*httpfront.Request) (actors.SubscribeRequest, error) {
	return func(*httpfront.Request) (actors.SubscribeRequest, error) {
		return actors.SubscribeRequest{Rooms: keys(name)}, nil
	}
}

// saying is a handler that answers with its text.
func saying(text string) httpfront.Handler {
	return httpfront.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }))
}

// TestRouteRefused checks that a program is told of every route that it can't
// have, and of no other.
func TestRouteRefused(t *testing.T) {
	h := saying("x")
	for _, tc := range []struct {
		route httpfront.Route
		want  string // a part of the complaint; empty for none
	}{
		{httpfront.Route{Method: "GET", Pattern: "/", Handler: h}, ""},
		{httpfront.Route{Method: "POST", Pattern: "/", Handler: h}, ""},
		{httpfront.Route{Method: "GET", Pattern: "/sse/{id}", Handler: h}, ""},
		{httpfront.Route{Method: "GET", Pattern: "/{page}", Handler: h}, ""},
		{httpfront.Route{Method: "GET", Pattern: "/{all...}", Handler: h}, ""},
		{httpfront.Route{Method: "GET", Pattern: "/rooms/{room}/board", Handler: h}, ""},
		{httpfront.Route{Method: "GET", Pattern: "/rooms/{room}/{part...}", Handler: h}, ""},
		{httpfront.Route{Method: "GET", Pattern: "/connect/more", Handler: h}, ""},
		{httpfront.Route{Method: "GET", Pattern: "/connect", Handler: h}, "/connect is Parlor's own"},
		{httpfront.Route{Method: "POST", Pattern: "/connect", Handler: h}, "/connect is Parlor's own"},
		{httpfront.Route{Method: "GET", Pattern: "/console/console.js", Handler: h}, "/console/console.js is Parlor's own"},
		{httpfront.Route{Method: "GET", Pattern: "/rooms/{id}", Handler: h}, "/rooms/{room} is Parlor's own"},
		{httpfront.Route{Method: "GET", Pattern: "/rooms/lobby", Handler: h}, "/rooms/{room} is Parlor's own"},
		{httpfront.Route{Method: "GET", Pattern: "/rooms/{room}/fetch/mine", Handler: h}, "/rooms/{room}/fetch/{rest...} is Parlor's own"},
		{httpfront.Route{Method: "GET", Pattern: "/rooms/lobby/{part}", Handler: h}, "/rooms/{room}/"},
		{httpfront.Route{Method: "OPTIONS", Pattern: "/a", Handler: h}, "method"},
		{httpfront.Route{Method: "get", Pattern: "/a", Handler: h}, "method"},
		{httpfront.Route{Pattern: "/a", Handler: h}, "method"},
		{httpfront.Route{Method: "GET", Pattern: "a", Handler: h}, "slash"},
		{httpfront.Route{Method: "GET", Pattern: "/a/{}", Handler: h}, "neither"},
		{httpfront.Route{Method: "GET", Pattern: "/a"}, "no handler"},
		{httpfront.Route{Method: "GET", Pattern: "/a", Handler: httpfront.HTTP(nil)}, "no handler"},
		{httpfront.Route{Method: "GET", Pattern: "/a", Handler: httpfront.Fetch(nil)}, "no handler"},
		{httpfront.Route{Method: "GET", Pattern: "/a", Handler: httpfront.EventStream(nil)}, "no handler"},
		{httpfront.Route{Method: "POST", Pattern: "/a", Handler: httpfront.EventStream(toRoom("a"))}, "method of a stream"},
		{httpfront.Route{Method: "GET", Pattern: "/taken/{x}", Handler: h}, "twice"},
		{httpfront.Route{Method: "POST", Pattern: "/taken/{x}", Handler: h}, ""},
		{httpfront.Route{Method: "POST", Pattern: "/taken/{y}", Handler: h}, "also those of /taken/{x}"},
		{httpfront.Route{Method: "POST", Pattern: "/{y}/x", Handler: h}, "/rooms/{room} is Parlor's own"},
		{httpfront.Route{Method: "POST", Pattern: "/taken/z/{y}", Handler: h}, "also those of /taken/{x}/y"},
		{httpfront.Route{Method: "POST", Pattern: "/taken/x", Handler: h}, ""},
	} {
		cfg := httpfront.Default()
		other := httpfront.Route{Method: "POST", Pattern: "//", Handler: h} // two complaints, or none for lack of the other
		cfg.Routes = []httpfront.Route{
			{Method: "GET", Pattern: "/taken/{x}", Handler: h}, {Method: "GET", Pattern: "/taken/{x}/y", Handler: h}, tc.route, other, other,
		}
		_, err := httpfront.New(cfg, &fakeRooms{})
		if err == nil || !strings.Contains(err.Error(), "route POST //: it is there twice") {
			t.Errorf("%s %s: the other complaint is missing: %v", tc.route.Method, tc.route.Pattern, err)
			continue
		}
		name := "route " + tc.route.Method + " " + tc.route.Pattern + ": "
		if tc.want == "" && strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), tc.want) || tc.want != "" && !strings.Contains(err.Error(), name) {
			t.Errorf("%s%v, want %q", name, err, tc.want)
		}
	}
}

// TestRoutes checks which route each request reaches.
func TestRoutes(t *testing.T) {
	var routes []httpfront.Route
	for _, pattern := range []string{"GET /{all...}", "GET /a/{x}", "GET /a/b", "POST /a/b", "HEAD /a/b", "GET /a/{x}/c", "GET /", "PUT /rooms/{room}/board"} {
		method, path, _ := strings.Cut(pattern, " ")
		routes = append(routes, httpfront.Route{Method: method, Pattern: path, Handler: httpfront.HTTP(http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Route", pattern) }))})
	}
	_, addr := start(t, &fakeRooms{}, withRoutes(routes...))
	for _, tc := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/", 200, "GET /"},
		{"HEAD", "/", 200, "GET /"},
		{"GET", "/x", 200, "GET /{all...}"},
		{"GET", "/x/y/../z", 200, "GET /{all...}"},
		{"GET", "/a", 200, "GET /{all...}"},
		{"GET", "/a/", 200, "GET /a/{x}"},
		{"GET", "/a/%20", 200, "GET /a/{x}"},
		{"GET", "/a/%62", 200, "GET /a/{x}"},
		{"GET", "/a/b", 200, "GET /a/b"},
		{"POST", "/a/b", 200, "POST /a/b"},
		{"HEAD", "/a/b", 200, "HEAD /a/b"},
		{"HEAD", "/a/c", 200, "GET /a/{x}"},
		{"DELETE", "/a/b", 405, ""},
		{"GET", "/a//c", 200, "GET /a/{x}/c"},
		{"PUT", "/rooms/r/board", 200, "PUT /rooms/{room}/board"},
		{"GET", "/rooms/r/board", 405, ""},
		{"POST", "/x", 405, ""},
		{"GET", "/health", 200, ""},
		{"POST", "/health", 405, ""},
		{"GET", "/rooms/r/history", 200, ""},
		{"GET", "/a/%zz", 400, ""},
		{"GET", "/a/%ff", 400, ""},
		{"GET", "/a/b#c", 400, ""},
		{"GET", "/x?%zz", 400, ""},
	} {
		r := roundTrip(t, addr, tc.method+" "+tc.path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		if r.status != tc.status || r.header.Get("X-Route") != tc.want {
			t.Errorf("%s %s: %d by %q, want %d by %q", tc.method, tc.path, r.status, r.header.Get("X-Route"), tc.status, tc.want)
		}
		if tc.path == "/a/b" && tc.status == 405 && r.header.Get("Allow") != "GET, HEAD, POST, OPTIONS" {
			t.Errorf("Allow %q", r.header.Get("Allow"))
		}
	}
}

func TestProgramRoot(t *testing.T) {
	about := func(method, pattern, about string) httpfront.Route {
		return httpfront.Route{Method: method, Pattern: pattern, Handler: saying("mine"), About: about}
	}
	_, addr := start(t, &fakeRooms{}, withRoutes(about("GET", "/own", "Reads it"), about("PUT", "/own", "Writes it"), about("GET", "/hidden", "")))
	r := roundTrip(t, addr, get("/", ""))
	const want = `"/own":{"method":"GET","description":"Reads it","contentType":"*/*"},"PUT /own":{"method":"PUT","description":"Writes it","contentType":"*/*"}},"timestamp":`
	if r.status != 200 || !strings.Contains(string(r.body), want) || strings.Contains(string(r.body), "hidden") {
		t.Errorf("got %d %s", r.status, r.body)
	}
	_, addr = start(t, &fakeRooms{}, withRoutes(about("GET", "/", "Home")))
	for _, accept := range []string{"", "Accept: text/html\r\n", "Accept: application/json\r\n"} {
		if r := roundTrip(t, addr, get("/", accept)); r.status != 200 || string(r.body) != "mine" {
			t.Errorf("%q: %d %s", accept, r.status, r.body)
		}
	}
}
