package httpfront

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

// Route is a route of a program's own. No path is taken away from Parlor's own
// routes, but for GET /: a program's page there is what everybody gets. A pattern
// that matches some of the paths of another, and no others, goes first; patterns
// that meet in any other way can't be had together.
type Route struct {
	// Method is GET, HEAD, POST, PUT, PATCH or DELETE. GET also answers HEAD,
	// except for streams; OPTIONS is answered for every route.
	Method string

	// Pattern is an exact path, compared as it comes, undecoded. A segment
	// {name} stands for any one segment, an empty one included, and {name...},
	// last, for all that is left.
	Pattern string

	// Handler answers; it is made by Page, EventStream, Fetch or HTTP.
	Handler Handler

	// Needs says for whom the route is; Open, for everybody, if nothing is said.
	Needs Right

	// About is one sentence on the route for GET /; empty leaves it out there.
	About string
}

// Handler answers the requests of a Route. It may be called from any goroutine.
type Handler interface{ handling() handling }

// handling is the one form of Handler there is.
type handling struct {
	serve   func(*Server, *request) error
	answers string // content type
	maxBody int    // bytes; 0 for Config.MaxBody
	foreign bool   // see route
}

func (h handling) handling() handling { return h }

// withRoutes returns the table of Parlor's own routes with a program's after it,
// or everything that is wrong with the latter.
func (s *Server) withRoutes(table []route, routes []Route) ([]route, error) {
	var bad []error
	own := len(table)
	for _, r := range routes {
		if err := checkRoute(r, table[:own], table[own:]); err != nil {
			bad = append(bad, fmt.Errorf("route %s %s: %w", r.Method, r.Pattern, err))
			continue
		}
		h := r.Handler.handling()
		table = append(table, route{
			method: r.Method, pattern: r.Pattern, about: r.About, answers: h.answers, maxBody: h.maxBody,
			handle: func(rq *request) error { return h.serve(s, rq) },
			needs:  r.Needs, guest: true, foreign: h.foreign,
		})
	}
	if slices.ContainsFunc(table[own:], isRoot) {
		table = slices.Concat(slices.DeleteFunc(table[:own:own], isRoot), table[own:])
	}
	return table, errors.Join(bad...)
}

func isRoot(r route) bool { return r.pattern == rootPattern && r.method == fasthttp.MethodGet }

// checkRoute says why a program can't have the route beside Parlor's own and
// those that it has already.
func checkRoute(r Route, own, theirs []route) error {
	switch r.Method {
	case fasthttp.MethodGet, fasthttp.MethodHead, fasthttp.MethodPost, fasthttp.MethodPut, fasthttp.MethodPatch, fasthttp.MethodDelete:
	default:
		return errors.New("the method is not GET, HEAD, POST, PUT, PATCH or DELETE")
	}
	if r.Needs > Everything {
		return fmt.Errorf("there is no right %d for Needs", r.Needs)
	}
	p, err := parsePattern(r.Pattern, true)
	if err != nil {
		return err
	}
	if r.Handler == nil || r.Handler.handling().serve == nil {
		return errors.New("there is no handler")
	}
	if strings.HasPrefix(r.Handler.handling().answers, typeStream) && r.Method != fasthttp.MethodGet {
		return errors.New("the method of a stream is GET")
	}
	if r.Pattern != rootPattern {
		if err := checkBeside(p, own); err != nil {
			return err
		}
	}
	for _, other := range theirs {
		q, _ := parsePattern(other.pattern, true) // it has been checked
		switch {
		case other.pattern == r.Pattern && other.method == r.Method:
			return errors.New("it is there twice")
		case other.pattern != r.Pattern && p.overlaps(&q) && !p.narrower(&q) && !q.narrower(&p):
			return fmt.Errorf("some paths are also those of %s", other.pattern)
		}
	}
	return nil
}

// checkBeside reports a pattern that would take something away from Parlor's own
// routes, or get nothing beside them.
func checkBeside(p pattern, own []route) error {
	for _, other := range own {
		q, err := parsePattern(other.pattern, false)
		if err != nil {
			return err
		}
		if p.overlaps(&q) && !q.narrower(&p) {
			return fmt.Errorf("%s is Parlor's own", other.pattern)
		}
	}
	return nil
}
