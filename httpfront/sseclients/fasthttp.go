package sseclients

import (
	"net"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"
)

// IdentifyFast is Identify for fasthttp. The key must not share bytes with ctx.
type IdentifyFast func(ctx *fasthttp.RequestCtx) (key string, ttl time.Duration, err error)

// ByQueryFast is ByQuery for fasthttp.
func ByQueryFast(ctx *fasthttp.RequestCtx) (key string, ttl time.Duration, err error) {
	return parseQuery(string(ctx.URI().QueryString()))
}

// FastHandler returns a handler that opens streams. The server that calls it
// needs KeepHijackedConns.
func (m *Manager) FastHandler(identify IdentifyFast) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		key, ttl, err := identify(ctx)
		if err == nil {
			err = m.AddClientFast(key, ctx, ttl)
		}
		if err != nil {
			m.RefuseFast(ctx, err)
		}
	}
}

// AddClientFast makes the answer to a request a stream, under key, for ttl or,
// if that is 0 or less, for ever. The stream begins, with the headers set on
// ctx so far, when the server's handler has returned: only then do events reach
// the client. After an error ctx is as it was: the errors are those of
// AddClient, without ErrNotHijackable.
func (m *Manager) AddClientFast(key string, ctx *fasthttp.RequestCtx, ttl time.Duration) error {
	if !ctx.IsGet() {
		return ErrMethod
	}
	if len(ctx.Request.Header.Peek(fasthttp.HeaderTransferEncoding)) > 0 || ctx.Request.Header.ContentLength() > 0 {
		return ErrBody
	}
	if err := m.admissible(key); err != nil {
		return err
	}
	set := make(http.Header)
	for name, value := range ctx.Response.Header.All() {
		set.Add(string(name), string(value))
	}
	head := m.renderHead(set)
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(conn net.Conn) { m.attachFast(key, ttl, conn, head) })
	return nil
}

// attachFast attaches the bare connection: fasthttp's wrapper, with its buffer,
// is not kept. A place is taken only now, so that none is lost if the server
// never gets here. If there is none any more the connection is closed without a
// word: an EventSource tries again after that, but not after a 503.
func (m *Manager) attachFast(key string, ttl time.Duration, conn net.Conn, head []byte) {
	bare := conn.(interface{ UnsafeConn() net.Conn }).UnsafeConn()
	if m.reserve(key) != nil {
		_ = bare.Close()
		return
	}
	m.attach(key, ttl, bare, head)
}
