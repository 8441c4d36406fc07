package httpfront

import (
	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
)

// route is one row of the table of what this server answers.
type route struct {
	method  string
	pattern string
	handle  func(*request) error
	about   string // for GET /; empty leaves it out there
	answers string // content type
	maxBody int    // bytes of a request's body; 0 for Config.MaxBody
	guest   bool   // a program's own: its pattern is loose
	foreign bool   // answered by code that may want any header of a request
}

// table lists Parlor's own routes. GET also answers HEAD, except for streams,
// whose head without a body would say nothing.
func (s *Server) table() []route {
	get, post := fasthttp.MethodGet, fasthttp.MethodPost
	table := []route{
		{method: get, pattern: "/connect", handle: s.connect, about: "Server-Sent Events connection endpoint", answers: typeStream},
		{method: post, pattern: "/broadcast", handle: s.broadcast, about: "Broadcast messages to all connected clients", answers: typeJSON},
		{method: get, pattern: "/events", handle: s.events, about: "Server-Sent Events without event names, for onmessage", answers: typeStreamPlain},
		{method: get, pattern: "/rooms", handle: s.listRooms, about: "Rooms awake on this node", answers: typeJSON},
		{method: post, pattern: "/rooms", handle: s.createRoom, about: "A new room without a name", answers: typeJSON},
		{method: get, pattern: "/rooms/{room}", handle: s.room, about: "One room: its object id, position and connection count", answers: typeJSON},
		{method: get, pattern: "/rooms/{room}/history", handle: s.history, about: "The messages that a room keeps", answers: typeJSON},
		{method: get, pattern: "/members", handle: s.members, about: "The ring: its members and version", answers: typeJSON},
		{method: get, pattern: "/health", handle: s.health, about: "Liveness and statistics", answers: typeJSON},
		{method: get, pattern: "/ready", handle: s.readiness, about: "Readiness for load balancers", answers: typeJSON},
		{method: get, pattern: rootPattern, handle: s.root, answers: typeJSON},
	}
	return append(append(table, s.fetchRoutes()...), consoleRoutes()...)
}

// rootPattern is the one pattern of Parlor's that a program may take over.
const rootPattern = "/"

// fetchRoutes hand requests on to rooms.
func (s *Server) fetchRoutes() []route {
	var routes []route
	about := "Requests of any method that the room itself answers"
	for _, pattern := range []string{"/rooms/{room}/fetch/{rest...}", "/rooms/{room}/fetch"} {
		for _, method := range []string{
			fasthttp.MethodGet, fasthttp.MethodPost, fasthttp.MethodPut, fasthttp.MethodPatch, fasthttp.MethodDelete,
		} {
			routes = append(routes, route{
				method: method, pattern: pattern, handle: s.fetch, about: about, answers: typeAny,
				maxBody: actors.MaxBody, foreign: true,
			})
			about = ""
		}
	}
	return routes
}
