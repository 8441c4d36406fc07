package httpfront

import (
	"strings"
	"testing"
)

// FuzzBearer looks for an Authorization header that is read as something else than
// the scheme, spaces, and a token.
func FuzzBearer(f *testing.F) {
	for _, s := range []string{"Bearer a.b.c", "bearer  x", "Bearer\tx", "Basic eA==", "Bearer", "Bearer a, Bearer b", "", "Bearer a\x00", "Bearer é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		token, err := bearer([]byte(value))
		if err != nil {
			if token != "" {
				t.Errorf("%q: refused, with a token %q", value, token)
			}
			return
		}
		scheme, rest, _ := strings.Cut(value, " ")
		if !strings.EqualFold(scheme, "bearer") || strings.Trim(rest, " ") != token || !validToken(token) || strings.HasSuffix(value, " ") {
			t.Errorf("%q was read as %q", value, token)
		}
		if isForeign([]byte(value)) {
			t.Errorf("%q is a token, and of another scheme", value)
		}
	})
}
