package auth

import (
	"math"
	"strconv"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxSubject bounds a subject, in bytes.
	maxSubject = 255
	// maxSeconds is the end of the year 9999, after which times can't be written.
	maxSeconds = 253402300799
)

// payload is what a token says, as far as it is looked at.
type payload struct {
	raw       []byte
	subject   string
	issuer    string
	audience  []string
	expires   time.Time // zero for never
	notBefore time.Time // zero for always
	grants    Grants
}

// written is a payload in its own form.
type written struct {
	Subject   string         `json:"sub"`
	Issuer    string         `json:"iss"`
	Audience  jsontext.Value `json:"aud"`
	Expires   jsontext.Value `json:"exp"`
	NotBefore jsontext.Value `json:"nbf"`
	Grants    *Grants        `json:"parlor"`
}

// parsePayload reads a payload, which it keeps, and refuses one that makes no
// sense or that two readers might understand differently.
func parsePayload(raw []byte) (*payload, error) {
	var w written
	if err := json.Unmarshal(raw, &w); err != nil || jsontext.Value(raw).Kind() != '{' {
		return nil, refuse(TokenClaims, "the token's claims are not a JSON object in which each has its type and stands once")
	}
	p := &payload{raw: raw, subject: w.Subject, issuer: w.Issuer}
	var ok bool
	if p.expires, ok = date(w.Expires); !ok {
		return nil, refuse(TokenClaims, "the token's exp is not a time")
	}
	if p.notBefore, ok = date(w.NotBefore); !ok {
		return nil, refuse(TokenClaims, "the token's nbf is not a time")
	}
	if p.audience, ok = audience(w.Audience); !ok {
		return nil, refuse(TokenClaims, "the token's aud is neither a string nor a list of strings")
	}
	if !subject(w.Subject) {
		return nil, refuse(TokenClaims, "the token's sub is longer than 255 bytes or has control characters")
	}
	if w.Grants != nil {
		p.grants = *w.Grants
	}
	if complaint := p.grants.check(); complaint != "" {
		return nil, refuse(TokenClaims, complaint)
	}
	return p, nil
}

// claims returns what the payload says, without the mark of its token.
func (p *payload) claims() *Claims {
	return &Claims{
		Subject:   p.subject,
		Expires:   p.expires,
		Subscribe: p.grants.Subscribe,
		Publish:   p.grants.Publish,
		Kinds:     p.grants.Kinds,
		Presence:  p.grants.Presence,
		Payload:   p.raw,
	}
}

// date reads a number of seconds since 1970, of which it drops fractions; none
// is the zero time.
func date(v jsontext.Value) (t time.Time, ok bool) {
	switch v.Kind() {
	case 0, 'n':
		return time.Time{}, true
	case '0':
		seconds, err := strconv.ParseFloat(string(v), 64)
		if err != nil || math.Signbit(seconds) || seconds > maxSeconds {
			return time.Time{}, false
		}
		return time.Unix(int64(seconds), 0).UTC(), true
	}
	return time.Time{}, false
}

// audience reads a string or a list of strings.
func audience(v jsontext.Value) (list []string, ok bool) {
	switch v.Kind() {
	case 0, 'n':
		return nil, true
	case '"':
		list = make([]string, 1)
		return list, json.Unmarshal(v, &list[0]) == nil
	case '[':
		return list, json.Unmarshal(v, &list) == nil
	}
	return nil, false
}

// subject reports whether a text, which is UTF-8, can be the name of a user.
func subject(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) {
			return false
		}
	}
	return len(text) <= maxSubject
}
