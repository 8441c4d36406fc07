package httpfront

import (
	"fmt"
	"net/http"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
)

// givenAnswer is an answer that a program gave in place of what it was asked.
type givenAnswer struct {
	status      int
	contentType string
	body        []byte
}

func (a *givenAnswer) Error() string { return fmt.Sprintf("answered with status %d", a.status) }

// Status returns an error that is answered with exactly that status, of 200 to
// 599, content type and body, which must not be changed afterwards. With 401 it
// says that a Bearer token is wanted. The functions that EventStream and Fetch are
// given return it.
func Status(status int, contentType string, body []byte) error {
	return &givenAnswer{status, contentType, body}
}

// answerGiven answers as a program's function said.
func (s *Server) answerGiven(rq *request, a *givenAnswer) {
	if a.status >= 400 {
		s.metrics.refused("program")
	}
	reply := actors.Reply{Status: a.status, Body: a.body}
	if a.contentType != "" {
		reply.Header = map[string][]string{"Content-Type": {a.contentType}}
	}
	if a.status == http.StatusUnauthorized { // HTTP wants it said how to be authorized
		if reply.Header == nil {
			reply.Header = make(http.Header)
		}
		reply.Header.Set(fasthttp.HeaderWWWAuthenticate, "Bearer")
	}
	if err := rq.answerReply(reply); err != nil {
		s.refuse(rq, err)
	}
}
