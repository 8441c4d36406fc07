package httpfront

import "github.com/valyala/fasthttp"

// Content types that this server answers with.
const (
	typeJSON         = "application/json"
	typeStream       = "text/event-stream"
	typeStreamPlain  = "text/event-stream;charset=utf-8" // of /events
	typeHTML         = "text/html; charset=utf-8"
	typeCSS          = "text/css; charset=utf-8"
	typeJavaScript   = "text/javascript; charset=utf-8"
	typeAny          = "*/*" // of answers that are not this package's
	cacheNever       = "no-store"
	cacheRevalidate  = "no-cache"
	headerNosniff    = "X-Content-Type-Options"
	headerLastID     = "Last-Event-ID"
	headerIdemKey    = "Idempotency-Key"
	headerReplayed   = "Idempotent-Replayed"
	headerToken      = "X-Auth-Token"
	headerUser       = "Parlor-User"
	headerReferrer   = "Referrer-Policy"
	headerCSP        = "Content-Security-Policy"
	headerNoBuffer   = "X-Accel-Buffering"
	streamCache      = "no-cache, no-transform"
	streamConnection = "keep-alive"
)

// header is one line of a response head.
type header struct{ name, value string }

// streamHeaders returns the head of a stream, in the order in which it is sent.
// Proxies are asked not to cache, compress or buffer. The body has no length:
// it ends with the connection, so that all streams share the same bytes.
func streamHeaders(contentType string, cors []header) []header {
	return append([]header{
		{fasthttp.HeaderContentType, contentType},
		{fasthttp.HeaderCacheControl, streamCache},
		{fasthttp.HeaderConnection, streamConnection},
		{headerNoBuffer, "no"},
	}, cors...)
}

// renderHead returns a 200 response's head with its blank line.
func renderHead(headers []header) []byte {
	head := []byte("HTTP/1.1 200 OK\r\n")
	for _, h := range headers {
		head = append(head, h.name...)
		head = append(head, ": "...)
		head = append(head, h.value...)
		head = append(head, "\r\n"...)
	}
	return append(head, "\r\n"...)
}

// headKey says on what a stream's head depends.
type headKey struct {
	contentType string
	origin      string // one that is listed, or empty
}

// renderHeads returns every head that a stream can have. All streams are sent
// the same ones, which never change.
func renderHeads(c cors) map[headKey][]byte {
	heads := make(map[headKey][]byte)
	for _, contentType := range []string{typeStream, typeStreamPlain} {
		for _, origin := range append(c.listed(), "") {
			heads[headKey{contentType, origin}] = renderHead(streamHeaders(contentType, c.headers(origin)))
		}
	}
	return heads
}
