package httpfront

import (
	"maps"
	"slices"

	"github.com/valyala/fasthttp"
)

// anyOrigin stands for every origin. Answers that carry it are the same for
// all, so that they need no Vary, and browsers send no credentials for them.
const anyOrigin = "*"

// cors decides what a browser's page from another origin may read. It does not
// keep anybody from sending requests.
type cors struct {
	origins map[string]struct{} // nil: every origin
}

func newCORS(origins []string) cors {
	if len(origins) == 0 || origins[0] == anyOrigin {
		return cors{}
	}
	set := make(map[string]struct{}, len(origins))
	for _, o := range origins {
		set[o] = struct{}{}
	}
	return cors{origins: set}
}

// listed returns the origins of the allow-list, sorted.
func (c cors) listed() []string {
	return slices.Sorted(maps.Keys(c.origins))
}

// match returns origin if it is listed, else "".
func (c cors) match(origin []byte) string {
	if _, ok := c.origins[string(origin)]; ok {
		return string(origin)
	}
	return ""
}

// headers returns the lines that every answer to a request of that origin
// carries; origin is a result of match.
func (c cors) headers(origin string) []header {
	if c.origins == nil {
		return []header{{fasthttp.HeaderAccessControlAllowOrigin, anyOrigin}}
	}
	vary := header{fasthttp.HeaderVary, fasthttp.HeaderOrigin}
	if origin == "" {
		return []header{vary}
	}
	return []header{{fasthttp.HeaderAccessControlAllowOrigin, origin}, vary}
}

// apply sets the lines on an answer.
func (c cors) apply(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	if c.origins == nil {
		h.Set(fasthttp.HeaderAccessControlAllowOrigin, anyOrigin)
		return
	}
	if origin := c.match(ctx.Request.Header.Peek(fasthttp.HeaderOrigin)); origin != "" {
		h.Set(fasthttp.HeaderAccessControlAllowOrigin, origin)
	}
	h.Add(fasthttp.HeaderVary, fasthttp.HeaderOrigin)
}

// What pages of other origins may send to a path that asks for nothing else.
const (
	corsMethods = "GET, POST, OPTIONS"
	corsHeaders = "Content-Type, Cache-Control, Last-Event-ID, Idempotency-Key, Authorization, X-Auth-Token"

	// anyHeader stands for every other header but Authorization.
	anyHeader = "*"
)

// preflight answers OPTIONS, for every path: which paths there are is not its
// business. p is nil for one that there is not.
func preflight(ctx *fasthttp.RequestCtx, p *path) {
	methods, headers := corsMethods, corsHeaders
	if p != nil {
		methods, headers = p.corsMethods, p.corsHeaders
	}
	h := &ctx.Response.Header
	h.Set(fasthttp.HeaderAccessControlAllowMethods, methods)
	h.Set(fasthttp.HeaderAccessControlAllowHeaders, headers)
	h.Set(fasthttp.HeaderAccessControlMaxAge, "86400")
	ctx.SetStatusCode(fasthttp.StatusNoContent)
}
