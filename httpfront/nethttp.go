package httpfront

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
)

// Bounds of HTTP, in bytes.
const (
	maxHandlerBody   = 64 << 10 // of a request
	maxHandlerAnswer = 1 << 20  // of an answer's headers and body together
)

// HTTP answers with what a handler of net/http's writes. Requests have bodies of
// at most 64 KiB. An answer is sent when the handler has returned, as a whole,
// so that it can't be a stream; one of more than 1 MiB is an error to the handler
// and 500 to the client. The request's context ends after Config.Patience, which
// is for the handler to heed. PathValue knows the names of the route's pattern.
// CORS is the server's business. With Config.Auth the request lacks the headers
// that tokens come in; Parlor-User is the subject of its token.
func HTTP(h http.Handler) Handler {
	if h == nil {
		return handling{}
	}
	return handling{answers: typeAny, foreign: true, maxBody: maxHandlerBody, serve: func(s *Server, rq *request) error {
		ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
		defer cancel()
		r, err := rq.netHTTP(ctx)
		if err != nil {
			return err
		}
		w := &answerWriter{header: make(http.Header)}
		h.ServeHTTP(w, r)
		reply, err := w.reply()
		if err != nil {
			return err
		}
		return rq.answerReply(reply)
	}}
}

// netHTTP returns the request as net/http's server would. It shares no bytes
// with this one, since handlers may keep what they are given.
func (rq *request) netHTTP(ctx context.Context) (*http.Request, error) {
	names, err := newRequest(rq)
	if err != nil {
		return nil, err
	}
	if err := checkPath(rq.target.path); err != nil {
		return nil, err
	}
	uri := string(rq.target.path)
	if len(rq.target.query) > 0 {
		uri += "?" + string(rq.target.query)
	}
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, errPath
	}
	h := &rq.ctx.Request.Header
	body := bytes.Clone(rq.ctx.Request.Body())
	r := &http.Request{
		Method: string(h.Method()), URL: u, RequestURI: uri, Host: string(rq.target.host),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: rq.header(), Body: http.NoBody, ContentLength: int64(len(body)),
		RemoteAddr: rq.ctx.RemoteAddr().String(), TLS: rq.ctx.TLSConnectionState(),
	}
	r.Header.Del(fasthttp.HeaderHost)
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	i := 0
	for _, s := range rq.path.pattern.segments {
		if s.kind != literal {
			r.SetPathValue(s.text, names.values[i])
			i++
		}
	}
	return r.WithContext(ctx), nil
}

// errAnswerFull is what a handler gets that writes more than it may.
var errAnswerFull = errors.New("the answer has more bytes than it may have")

// answerWriter keeps what a handler writes. It is used by one goroutine.
type answerWriter struct {
	header http.Header // the handler's to change
	status int         // 0 until it is known
	sent   http.Header // header as it was then
	body   []byte
	full   bool // something did not fit
}

// Header implements http.ResponseWriter.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. What informs only, and every call
// after the first, is ignored.
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 && (status < 100 || status >= 200) {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (w *answerWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.status == http.StatusNoContent, w.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case w.full, len(w.body)+len(b) > maxHandlerAnswer:
		w.full = true
		return 0, errAnswerFull
	}
	w.body = append(w.body, b...)
	return len(b), nil
}

// reply returns what was written.
func (w *answerWriter) reply() (actors.Reply, error) {
	w.WriteHeader(http.StatusOK)
	if _, size := headerSize(w.sent); w.full || size+len(w.body) > maxHandlerAnswer {
		return actors.Reply{}, errHandlerAnswer
	}
	if len(w.body) > 0 && w.sent.Get(fasthttp.HeaderContentType) == "" && w.sent.Get(fasthttp.HeaderContentEncoding) == "" {
		w.sent.Set(fasthttp.HeaderContentType, http.DetectContentType(w.body))
	}
	return actors.Reply{Status: w.status, Header: w.sent, Body: w.body}, nil
}
