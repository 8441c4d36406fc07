package httpfront

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"
)

// credentials is what a request brings to say who makes it: a token, a ticket, or
// neither. They are good as long as the request.
type credentials struct{ token, ticket string }

// credentials reads what the request brings. Only streams may have it in the
// query, because EventSource can't send headers: URLs end up in logs and
// histories. A token may come in several ways, as long as it is the same one; an
// Authorization of another scheme, such as a proxy's, counts where nothing else does.
func (rq *request) credentials(stream bool) (c credentials, err error) {
	h := &rq.ctx.Request.Header
	foreign := false
	for _, value := range h.PeekAll(fasthttp.HeaderAuthorization) {
		if isForeign(value) {
			foreign = true
			continue
		}
		token, err := bearer(value)
		if err != nil {
			return c, err
		}
		if c.token, err = same(c.token, token); err != nil {
			return c, err
		}
	}
	for _, value := range h.PeekAll(headerToken) {
		if !validToken(string(value)) {
			return c, errTokenMalformed
		}
		if c.token, err = same(c.token, string(value)); err != nil {
			return c, err
		}
	}
	for _, p := range rq.query {
		if !isSecret(p.key) {
			continue
		}
		if !stream {
			return c, errTokenInQuery
		}
		if !validToken(p.value) {
			return c, errTokenMalformed
		}
		kept := &c.token
		if p.key == paramTicket {
			kept = &c.ticket
		}
		if *kept, err = same(*kept, p.value); err != nil {
			return c, err
		}
	}
	switch {
	case c.token != "" && c.ticket != "":
		return c, errTokenConflict
	case foreign && c == (credentials{}):
		return c, errAuthorization
	}
	return c, nil
}

// bearer returns the token of an Authorization header.
func bearer(value []byte) (string, error) {
	scheme, token, _ := bytes.Cut(value, []byte{' '})
	text := strings.TrimLeft(string(token), " ")
	if !bytes.EqualFold(scheme, []byte("bearer")) || !validToken(text) {
		return "", errAuthorization
	}
	return text, nil
}

// isForeign reports whether an Authorization header is well-formed, and of another
// scheme than Bearer.
func isForeign(value []byte) bool {
	scheme, rest, _ := bytes.Cut(value, []byte{' '})
	return consistsOf(string(scheme), "-") && len(rest) > 0 && !bytes.EqualFold(scheme, []byte("bearer"))
}

// same returns the one that both are if neither is empty, else the one that is
// not.
func same(a, b string) (string, error) {
	if a != "" && a != b {
		return "", errTokenConflict
	}
	return b, nil
}

// validToken reports whether s has only the characters of a bearer token, and any
// at all. Whatever else it might be, nothing in it can hide from a log or a
// header.
func validToken(s string) bool { return consistsOf(s, "-._~+/=") }
