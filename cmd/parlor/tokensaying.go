package main

import (
	"strings"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// saying is what a token says by its own word.
type saying struct {
	Subject   string      `json:"sub"`
	Issuer    string      `json:"iss"`
	Audience  any         `json:"aud"`
	Expires   *float64    `json:"exp"` // seconds since 1970, as the next one
	NotBefore *float64    `json:"nbf"`
	Grants    auth.Grants `json:"parlor"`
}

// tell hands what people want to know to a function that prints it in lines.
func (s *saying) tell(line func(what, text string), now time.Time) {
	line("user", orDash(s.Subject))
	if s.Issuer != "" {
		line("issuer", s.Issuer)
	}
	if s.Audience != nil {
		line("audience", jsonLine(s.Audience))
	}
	if s.Expires == nil {
		line("expires", "never, so that no server takes it")
	} else {
		line("expires", moment(*s.Expires, now))
	}
	if s.NotBefore != nil {
		line("not before", moment(*s.NotBefore, now))
	}
	kinds := "the default kind"
	if s.Grants.Kinds != nil {
		kinds = strings.Join(s.Grants.Kinds, ", ")
	}
	presence := "no"
	if s.Grants.Presence {
		presence = "yes"
	}
	line("may listen to", orDash(strings.Join(s.Grants.Subscribe, ", ")))
	line("may publish to", orDash(strings.Join(s.Grants.Publish, ", ")))
	line("of kinds", kinds)
	line("sees listeners", presence)
}

// moment says when a number of seconds since 1970 is, and how far from now.
func moment(seconds float64, now time.Time) string {
	const year9999 = 253402300799
	if seconds < 0 || seconds > year9999 {
		return "at no time that there is"
	}
	t := time.Unix(int64(seconds), 0).UTC()
	text := t.Format(time.RFC3339)
	// The difference saturates after 292 years, and says enough then.
	if left := t.Sub(now).Round(time.Second); left >= 0 {
		return text + ", in " + left.String()
	}
	return text + ", " + now.Sub(t).Round(time.Second).String() + " ago"
}
