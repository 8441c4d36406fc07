package httpfront

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// challenge tells clients how to say who they are.
const challenge = `Bearer realm="parlor"`

// Refusals of those who don't say who they are, or not well, or who are somebody
// without the right.
var (
	errTokenMissing   = refusal{status: 401, code: "token_missing", message: "This needs a token.", challenge: challenge}
	errAuthorization  = tokenRefused(auth.TokenMalformed, "Authorization is Bearer and a token.")
	errTokenMalformed = tokenRefused(auth.TokenMalformed, "A token has only the characters of one.")
	errTokenInQuery   = tokenRefused("token_in_query", "Only streams take a token or a ticket from the query.")
	errTokenExpired   = tokenRefused(auth.TokenExpired, "The token has expired.")
	errTicket         = tokenRefused("ticket_invalid", "The ticket is not known, or not any more.")
	errTokenConflict  = refusal{status: 400, code: "token_conflict", message: "The request brings tokens that are not the same."}
	errForbidden      = refusal{status: 403, code: "forbidden", message: "The token does not grant this."}
)

// tokenRefused is the answer to a token or ticket that is no good. Reason and
// message hold nothing of it.
func tokenRefused(reason, message string) refusal {
	return refusal{
		status: 401, code: reason, message: sentence(message),
		challenge: challenge + `, error="invalid_token", error_description="` + quotable(sentence(message)) + `"`,
	}
}

// sentence begins a text with a capital letter and ends it with a full stop.
func sentence(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[n:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// quotable returns a text less what an error_description can't have.
func quotable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text)
}
