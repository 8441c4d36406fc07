package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// user is who a token stands for.
type user struct {
	id      string    // 1 to maxUserID bytes without control characters
	admin   bool      // may send to everybody
	expires time.Time // when the token does; zero for never
}

const maxUserID = 255 // bytes

// users tells users by their tokens. It may be used from any goroutine.
type users struct{ verifier *auth.Verifier }

// newUsers returns the users whose tokens are signed with a secret, of at least
// 32 bytes.
func newUsers(secret string) (*users, error) {
	key, err := auth.Secret("", []byte(secret))
	if err != nil {
		return nil, cli.Usagef("%s has to hold a secret of 32 bytes or more, such as `openssl rand -hex 32` prints", secretName)
	}
	verifier, err := auth.New(auth.Config{Keys: []auth.Key{key}, Lasting: true})
	if err != nil {
		return nil, err
	}
	return &users{verifier}, nil
}

// of returns who a token stands for. Errors are fit for whoever sent it.
func (u *users) of(token string, now time.Time) (user, error) {
	claims, err := u.verifier.Verify(token, now)
	if err != nil {
		return user{}, err
	}
	// The leeway for clocks that differ would have a stream replace another one, and
	// end at once.
	if !claims.Expires.IsZero() && !now.Before(claims.Expires) {
		return user{}, errOver
	}
	found, err := whose(claims.Payload)
	found.expires = claims.Expires
	return found, err
}

// role is what a token says of its user's rights, at its top or in "user".
type role struct {
	ID    json.RawMessage `json:"id"`
	Role  any             `json:"role"`
	Admin any             `json:"isAdmin"`
}

func (r role) admin() bool { return r.Role == "admin" || r.Admin == true }

// whose returns the user that a payload names: its sub, else its id, else its
// user's id.
func whose(payload []byte) (user, error) {
	var p struct {
		role
		Sub  json.RawMessage `json:"sub"`
		User json.RawMessage `json:"user"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return user{}, errNobody
	}
	var nested role
	_ = json.Unmarshal(p.User, &nested) // what is no object says nothing
	for _, raw := range []json.RawMessage{p.Sub, p.ID, nested.ID} {
		if id := idOf(raw); id != "" {
			return user{id: id, admin: p.admin() || nested.admin()}, nil
		}
	}
	return user{}, errNobody
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]{1,20}$`)

// idOf returns an id, which is a text or a whole number, and "" for anything else.
func idOf(raw json.RawMessage) string {
	if wholeNumber.Match(raw) {
		return string(raw)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil || !validUserID(text) {
		return ""
	}
	return text
}

// validUserID reports whether a text can be the id of a user.
func validUserID(text string) bool {
	control := func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
	return text != "" && len(text) <= maxUserID && bytes.IndexFunc([]byte(text), control) < 0
}
