package auth

import "errors"

// Error says why a token is refused. It never holds bytes of the token, so that
// it may be logged and sent.
type Error struct {
	Reason  string // a stable word in snake_case, one of the constants
	Message string // one sentence for people
}

// Error implements error.
func (e *Error) Error() string { return e.Reason + ": " + e.Message }

// The reasons for which a token is refused.
const (
	TokenTooLong     = "token_too_long"      // more than MaxToken bytes
	TokenMalformed   = "token_malformed"     // not three parts that can be read
	TokenAlgorithm   = "token_algorithm"     // one that its key may not be used with
	TokenKeyUnknown  = "token_key_unknown"   // a key that is not among those trusted
	TokenSignature   = "token_signature"     // not signed by a key that is trusted
	TokenNoExpiry    = "token_no_expiry"     // valid for ever
	TokenExpired     = "token_expired"       // past its exp
	TokenNotYetValid = "token_not_yet_valid" // before its nbf
	TokenIssuer      = "token_issuer"        // from somebody else
	TokenAudience    = "token_audience"      // for somebody else
	TokenClaims      = "token_claims"        // signed, but what it says makes no sense
)

// ErrKey reports a key, or a file of keys, that can't be used. The error that
// wraps it never shows a key.
var ErrKey = errors.New("unusable key")

func refuse(reason, message string) *Error { return &Error{Reason: reason, Message: message} }
