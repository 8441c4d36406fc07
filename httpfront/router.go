package httpfront

import (
	"cmp"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

// path is all that is known of one pattern.
type path struct {
	pattern pattern
	methods map[string]action
	allow   string // the methods, as a list
	foreign bool   // see route

	corsMethods string // what a preflight tells pages of other origins
	corsHeaders string
}

// action is what one method of a path does.
type action struct {
	handle  func(*request) error
	maxBody int
	needs   Right
	public  bool // see route
	stream  bool // answers with an event stream
}

// router finds the path for a request. It never changes once built.
type router struct {
	exact    map[string]*path
	patterns []*path // a narrower one before those that cover it
}

// newRouter returns the router of a table, or what is wrong with the table.
func newRouter(table []route) (router, error) {
	rt := router{exact: make(map[string]*path)}
	byText := make(map[string]*path)
	for _, r := range table {
		p, ok := byText[r.pattern]
		if !ok {
			form, err := parsePattern(r.pattern, r.guest)
			if err != nil {
				return rt, err
			}
			p = &path{pattern: form, methods: make(map[string]action)}
			byText[r.pattern] = p
			if form.exact() {
				rt.exact[r.pattern] = p
			} else {
				rt.patterns = append(rt.patterns, p)
			}
		}
		p.add(r)
	}
	slices.SortStableFunc(rt.patterns, func(a, b *path) int {
		return cmp.Or(a.pattern.compare(&b.pattern), strings.Compare(a.pattern.text, b.pattern.text))
	})
	for _, p := range byText {
		p.finish()
	}
	return rt, nil
}

// add gives the path another method. What GET does for HEAD gives way to a row
// of HEAD's own.
func (p *path) add(r route) {
	stream := strings.HasPrefix(r.answers, typeStream)
	a := action{handle: r.handle, maxBody: r.maxBody, needs: r.needs, public: r.public, stream: stream}
	p.allowMethod(r.method)
	p.methods[r.method] = a
	if r.method == fasthttp.MethodGet && !stream {
		if _, ok := p.methods[fasthttp.MethodHead]; !ok {
			p.allowMethod(fasthttp.MethodHead)
			p.methods[fasthttp.MethodHead] = a
		}
	}
	p.foreign = p.foreign || r.foreign
}

func (p *path) allowMethod(method string) {
	if _, ok := p.methods[method]; ok {
		return
	}
	if p.allow != "" {
		p.allow += ", "
	}
	p.allow += method
}

// finish completes what is told of the path when all its methods are there.
func (p *path) finish() {
	p.allow += ", " + fasthttp.MethodOptions
	p.corsMethods, p.corsHeaders = corsMethods, corsHeaders
	for method := range p.methods {
		// HEAD never needs a preflight.
		if !strings.Contains(corsMethods, method) && method != fasthttp.MethodHead {
			p.corsMethods = p.allow
		}
	}
	if p.foreign {
		p.corsHeaders += ", " + anyHeader
	}
}

// find returns the path that matches raw, a path as it came, and what stands
// for the names of its pattern, undecoded; nil if there is none.
func (rt *router) find(raw []byte) (p *path, values [][]byte) {
	if p, ok := rt.exact[string(raw)]; ok {
		return p, nil
	}
	for _, p := range rt.patterns {
		if values, ok := p.pattern.match(raw); ok {
			return p, values
		}
	}
	return nil, nil
}
