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
// histories. A token may come in several ways, as long as it is the same one.
func (rq *request) credentials(stream bool) (c credentials, err error) {
	h := &rq.ctx.Request.Header
	if c.token, err = bearer(h.PeekAll(fasthttp.HeaderAuthorization)); err != nil {
		return c, err
	}
	if values := h.PeekAll(headerToken); len(values) > 0 {
		if len(values) > 1 || !validToken(string(values[0])) {
			return c, errTokenMalformed
		}
		if c.token, err = same(c.token, string(values[0])); err != nil {
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
	if c.token != "" && c.ticket != "" {
		return c, errTokenConflict
	}
	return c, nil
}

// bearer returns the token of an Authorization header, or "" if there is none.
func bearer(values [][]byte) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	scheme, token, _ := bytes.Cut(values[0], []byte{' '})
	text := strings.TrimLeft(string(token), " ")
	if len(values) > 1 || !bytes.EqualFold(scheme, []byte("bearer")) || !validToken(text) {
		return "", errAuthorization
	}
	return text, nil
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
