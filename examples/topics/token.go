package main

import (
	"net/url"
	"strings"
	"time"
)

// unknownUser is why a request's user is not known, in words for whoever sent it.
type unknownUser string

// Error implements error.
func (u unknownUser) Error() string { return string(u) }

const (
	errNoToken  unknownUser = "No token, authorization denied"
	errURLToken unknownUser = "A token in the URL is for GET /api/sse/stream only: send it in a header"
	errNobody   unknownUser = "Token is not valid: it does not say who the user is, by sub, id or user.id"
)

const (
	tokenParam  = "token"
	tokenHeader = "X-Auth-Token"
	bearer      = "bearer "
)

// tokenIn returns the token that the headers of a request hold, or "".
func tokenIn(header func(name string) string) string {
	if text := header("Authorization"); text != "" {
		if len(text) <= len(bearer) || !strings.EqualFold(text[:len(bearer)], bearer) {
			return "" // credentials of another sort
		}
		return strings.TrimSpace(text[len(bearer):])
	}
	return header(tokenHeader)
}

// ofStream returns who asks for a stream. An EventSource can't set headers, so
// that the URL may hold the token; it goes before the headers.
func (u *users) ofStream(query url.Values, header func(string) string, now time.Time) (user, error) {
	token := query.Get(tokenParam)
	if token == "" {
		token = tokenIn(header)
	}
	if token == "" {
		return user{}, errNoToken
	}
	return u.of(token, now)
}

// ofRequest returns who sends any other request. URLs are kept in histories and
// logs, so that they hold no tokens where headers can.
func (u *users) ofRequest(query url.Values, header func(string) string, now time.Time) (user, error) {
	if query.Has(tokenParam) {
		return user{}, errURLToken
	}
	return u.ofStream(nil, header, now)
}
