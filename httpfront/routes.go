package httpfront

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"
)

// route is one row of the table of what this server answers.
type route struct {
	method  string
	pattern string // a path, with at most one {room} segment
	handle  func(*request) error
	about   string // for GET /; empty leaves it out there
	answers string // content type
}

// table lists every route. GET also answers HEAD, except for streams, whose
// head without a body would say nothing.
func (s *Server) table() []route {
	get, post := fasthttp.MethodGet, fasthttp.MethodPost
	return append([]route{
		{get, "/connect", s.connect, "Server-Sent Events connection endpoint", typeStream},
		{post, "/broadcast", s.broadcast, "Broadcast messages to all connected clients", typeJSON},
		{get, "/events", s.events, "Server-Sent Events without event names, for onmessage", typeStreamPlain},
		{get, "/rooms", s.listRooms, "Rooms awake on this node", typeJSON},
		{get, "/rooms/{room}", s.room, "One room: its object id, position and connection count", typeJSON},
		{get, "/rooms/{room}/history", s.history, "The messages that a room keeps", typeJSON},
		{get, "/members", s.members, "The ring: its members and version", typeJSON},
		{get, "/health", s.health, "Liveness and statistics", typeJSON},
		{get, "/ready", s.readiness, "Readiness for load balancers", typeJSON},
		{get, "/", s.root, "", typeJSON},
	}, consoleRoutes()...)
}

// path is all that is known of one pattern.
type path struct {
	pattern        string
	prefix, suffix string // around {room}; unused without one
	methods        map[string]func(*request) error
	allow          string
}

// router finds the path for a request. It never changes once built.
type router struct {
	exact    map[string]*path
	patterns []*path
}

func newRouter(table []route) router {
	rt := router{exact: make(map[string]*path)}
	byPattern := make(map[string]*path)
	for _, r := range table {
		p, ok := byPattern[r.pattern]
		if !ok {
			p = &path{pattern: r.pattern, methods: make(map[string]func(*request) error)}
			byPattern[r.pattern] = p
			before, after, wild := strings.Cut(r.pattern, "{room}")
			if wild {
				p.prefix, p.suffix = before, after
				rt.patterns = append(rt.patterns, p)
			} else {
				rt.exact[r.pattern] = p
			}
		}
		p.add(r)
	}
	for _, p := range byPattern {
		p.allow += ", " + fasthttp.MethodOptions
	}
	return rt
}

func (p *path) add(r route) {
	methods := []string{r.method}
	if r.method == fasthttp.MethodGet && !strings.HasPrefix(r.answers, typeStream) {
		methods = append(methods, fasthttp.MethodHead)
	}
	for _, m := range methods {
		p.methods[m] = r.handle
		if p.allow != "" {
			p.allow += ", "
		}
		p.allow += m
	}
}

// find returns the path that matches raw, a path as it came, and the raw
// segment that stands for the room. Nothing is decoded or cleaned before, so
// that a path has exactly one spelling.
func (rt router) find(raw []byte) (p *path, room []byte) {
	if p, ok := rt.exact[string(raw)]; ok {
		return p, nil
	}
	for _, p := range rt.patterns {
		middle, ok := bytes.CutPrefix(raw, []byte(p.prefix))
		if !ok {
			continue
		}
		middle, ok = bytes.CutSuffix(middle, []byte(p.suffix))
		if ok && len(middle) > 0 && bytes.IndexByte(middle, '/') < 0 {
			return p, middle
		}
	}
	return nil, nil
}
