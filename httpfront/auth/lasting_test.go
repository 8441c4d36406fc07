package auth_test

import (
	"encoding/json"
	"testing"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// TestLasting wants a Verifier that takes tokens without exp to judge the others
// as ever.
func TestLasting(t *testing.T) {
	key := secretKey(t, "")
	v := verifier(t, auth.Config{Keys: []auth.Key{key}, Lasting: true})
	for payload, want := range map[string]string{
		`{"sub":"ann"}`:                  "",
		`{"sub":"ann","exp":null}`:       "",
		`{"sub":"ann","exp":1900000001}`: "",
		`{"sub":"ann","exp":1}`:          auth.TokenExpired,
		`{"sub":"ann","exp":0}`:          auth.TokenExpired,
		`{"sub":"ann","exp":"never"}`:    auth.TokenClaims,
		`{"sub":"ann","nbf":1900000100}`: auth.TokenNotYetValid,
	} {
		c, err := v.Verify(sign(t, key, "", json.RawMessage(payload)), at)
		if got := reason(err); got != want {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
		if err == nil && c.Subject != "ann" {
			t.Errorf("%s: %+v", payload, c)
		}
	}
}
