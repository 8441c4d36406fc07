package actors

import (
	"bytes"
	"net/http"
	"strings"
)

// recorder is the http.ResponseWriter of a Fetch call: it keeps the answer until
// the room may send it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	full   bool // more was written than an answer may have

	turn     *turn    // of the Fetch that it is for
	request  *request // that is answered
	held     bool     // the answer comes with a later turn
	answered bool     // and has come
}

// Header implements http.ResponseWriter.
func (w *recorder) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

// WriteHeader implements http.ResponseWriter. As with any server the first call
// counts.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter. More than MaxAnswer bytes are
// ErrAnswerSize, and make the whole call fail.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.body.Len()+len(b) > MaxAnswer {
		w.full = true
		return 0, ErrAnswerSize
	}
	return w.body.Write(b)
}

// reply returns the answer, or why it cannot be sent.
func (w *recorder) reply() (Reply, error) {
	r := Reply{Status: w.status, Header: w.header, Body: bytes.Clone(w.body.Bytes())}
	if r.Status == 0 {
		r.Status = http.StatusOK
	}
	if len(r.Body) > 0 && r.Header.Get("Content-Type") == "" {
		w.Header().Set("Content-Type", http.DetectContentType(r.Body))
		r.Header = w.header
	}
	if w.full || r.Status < 200 || r.Status > 599 || headerSize(r.Header) > MaxHeader {
		return Reply{}, ErrAnswerSize
	}
	return r, nil
}

// headerSize returns what a header weighs as lines of text.
func headerSize(h http.Header) int {
	n := 0
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// headerCaller names, in a request of another room, the object id of that room.
// Nobody else can set it.
const headerCaller = "Parlor-Caller"

// request returns the call as a behaviour sees it.
func (c *Call) request(ctx *Context) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, c.Method, c.Target, bytes.NewReader(c.Body))
	if err != nil {
		return nil, ErrBadCall
	}
	if c.Header != nil {
		r.Header = c.Header.Clone()
	}
	r.Header.Del(headerCaller)
	if c.caller != "" {
		r.Header.Set(headerCaller, c.caller)
	}
	r.RequestURI = c.Target
	r.Host = r.Header.Get("Host")
	r.Header.Del("Host")
	return r, nil
}

// check reports as ErrBadCall what is out of the bounds of a Call.
func (c *Call) check() error {
	switch {
	case c.Method == "" || strings.ContainsAny(c.Method, " \r\n\x00"),
		!strings.HasPrefix(c.Target, "/"), len(c.Target) > MaxTarget,
		headerSize(c.Header) > MaxHeader, len(c.Body) > MaxBody, len(c.Key) > MaxKeyLen:
		return ErrBadCall
	}
	return nil
}
