package httpfront

import (
	"io"
	"time"

	"github.com/valyala/fasthttp"
)

// How much, and how long, is read and thrown away after an answer that came
// before its request had ended.
const (
	lingerBytes = 1 << 20
	lingerTime  = time.Second
)

// unreadable answers a request that fasthttp could not read. err holds bytes of
// the request and is only looked at for its type.
func (s *Server) unreadable(ctx *fasthttp.RequestCtx, err error) {
	r := explainHTTP(err)
	s.metrics.refused(r.code)
	s.metrics.request(noRoute, r.status, 0)
	s.cors.apply(ctx)
	ctx.Response.Header.Set(headerNosniff, "nosniff")
	writeRefusal(ctx, r)
	if r.status != errTimeout.status {
		linger(ctx, s.cfg.WriteTimeout)
	}
}

// linger sends the answer and reads what the client is still sending. To close
// a socket with unread data resets the connection, and the reset overtakes the
// answer: a client that sends first and reads later would never see it.
func linger(ctx *fasthttp.RequestCtx, patience time.Duration) {
	conn := ctx.Conn()
	if conn.SetWriteDeadline(time.Now().Add(patience)) != nil {
		return
	}
	if _, err := ctx.Response.WriteTo(conn); err != nil {
		return
	}
	// fasthttp is going to write the answer once more. Nothing is to leave.
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		_ = conn.Close()
		return
	}
	if conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, conn, lingerBytes)
}
