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
	needs   Right  // of whoever asks; what a room asks for comes on top
	public  bool   // nobody is asked for a token, and none is looked at
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
		{method: get, pattern: "/rooms", handle: s.listRooms, needs: Everything, about: "Rooms awake on this node", answers: typeJSON},
		{method: post, pattern: "/rooms", handle: s.createRoom, about: "A new room without a name", answers: typeJSON},
		{method: get, pattern: "/rooms/{room}", handle: s.room, about: "One room: its object id, position and connection count", answers: typeJSON},
		{method: get, pattern: "/rooms/{room}/history", handle: s.history, about: "The messages that a room keeps", answers: typeJSON},
		{method: get, pattern: "/rooms/{room}/subscribers", handle: s.subscribers, about: "Who listens to a room", answers: typeJSON},
		{method: fasthttp.MethodDelete, pattern: "/rooms/{room}/subscribers/{client}", handle: s.disconnect, about: "End a client's streams of a room", answers: typeJSON},
		{method: get, pattern: "/members", handle: s.members, needs: Everything, about: "The ring: its members and version", answers: typeJSON},
		{method: get, pattern: "/health", handle: s.health, public: true, about: "Liveness and statistics", answers: typeJSON},
		{method: get, pattern: "/kafka/status", handle: s.kafkaStatus, public: true, about: "Whether Kafka can be reached, as producer and as consumer", answers: typeJSON},
		{method: get, pattern: "/ready", handle: s.readiness, public: true, about: "Readiness for load balancers", answers: typeJSON},
		{method: get, pattern: rootPattern, handle: s.root, public: true, answers: typeJSON},
	}
	if s.cfg.Auth != nil && s.cfg.Tickets != nil {
		table = append(table, route{
			method: post, pattern: "/ticket", handle: s.ticket, needs: Authenticated,
			about: "A ticket for the URL of one stream, in exchange for a token", answers: typeJSON,
		})
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
