package main

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// unknownUser is why a request's user is not known, in words for whoever sent it.
type unknownUser string

// Error implements error.
func (u unknownUser) Error() string { return string(u) }

const (
	errNoToken   unknownUser = "No token, authorization denied"
	errURLToken  unknownUser = "A token in the URL is for GET /api/sse/stream only: send it in a header"
	errTwoTokens unknownUser = "The request brings tokens that are not the same"
	errOver      unknownUser = "Token is not valid: the token has expired"
	errNobody    unknownUser = "Token is not valid: it does not say who the user is, by sub, id or user.id"
)

const (
	tokenParam  = "token"
	tokenHeader = "X-Auth-Token"
	bearer      = "bearer "
)

// bearerIn returns the token of an Authorization header, or "" if that has none or
// credentials of another sort: a proxy's, perhaps.
func bearerIn(text string) string {
	if len(text) <= len(bearer) || !strings.EqualFold(text[:len(bearer)], bearer) {
		return ""
	}
	return strings.TrimSpace(text[len(bearer):])
}

// ofStream returns who asks for a stream. An EventSource can't set headers, so
// that the URL may hold the token.
func (u *users) ofStream(query url.Values, header func(string) string, now time.Time) (user, error) {
	var token string
	for _, found := range slices.Concat(query[tokenParam], []string{bearerIn(header("Authorization")), header(tokenHeader)}) {
		if token != "" && found != "" && found != token {
			return user{}, errTwoTokens
		}
		token = cmp.Or(token, found)
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
