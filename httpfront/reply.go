package httpfront

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
)

// answerReply answers with what a room, or a handler of the program's, has to
// say. Headers that are this server's to set are left out. The reply is checked
// before anything of it is taken, so that what can't be sent is not half sent.
func (rq *request) answerReply(r actors.Reply) error {
	header, err := replyHeader(r)
	if err != nil {
		return err
	}
	h := &rq.ctx.Response.Header
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			h.Add(name, value)
		}
	}
	if len(header[fasthttp.HeaderCacheControl]) == 0 {
		h.Set(fasthttp.HeaderCacheControl, cacheNever)
	}
	if r.Duplicate {
		h.Set(headerReplayed, "true")
	}
	// Pages of other origins could read only some headers otherwise.
	h.Set(fasthttp.HeaderAccessControlExposeHeaders, anyHeader)
	rq.ctx.SetStatusCode(r.Status)
	rq.ctx.Response.SetBodyRaw(r.Body)
	return nil
}

// replyHeader returns what of a reply's header is sent, by canonical names. The
// error is errBadAnswer, with a reason for the log that holds no values.
func replyHeader(r actors.Reply) (http.Header, error) {
	if r.Status < 200 || r.Status > 599 {
		return nil, fmt.Errorf("%w: status %d", errBadAnswer, r.Status)
	}
	header := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		if !validHeaderName(name) {
			return nil, fmt.Errorf("%w: header name %q", errBadAnswer, name)
		}
		for _, value := range values {
			if !validHeaderValue(value) {
				return nil, fmt.Errorf("%w: value of header %s", errBadAnswer, name)
			}
			header.Add(name, value)
		}
	}
	dropOfConnection(header)
	for name := range header {
		if ofServer(name) {
			delete(header, name)
		}
	}
	return header, nil
}

// ofServer reports whether a header, by its canonical name, is for this server
// alone to set.
func ofServer(name string) bool {
	return strings.HasPrefix(name, "Access-Control-") || name == headerNosniff || name == headerReplayed
}
