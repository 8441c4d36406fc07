package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// at is when the tokens of these tests are looked at.
var at = time.Unix(1_900_000_000, 0)

// lasting is a payload that is valid then.
const lasting = `{"sub":"ann","exp":1900003600,"parlor":{"subscribe":["*"]}}`

// hs256 signs as HS256 does.
func hs256(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// forge puts a token together, signed with a secret by HS256 whatever it says.
func forge(header, payload, secret string) string {
	text := encode([]byte(header)) + "." + encode([]byte(payload))
	return text + "." + encode(hs256(secret, text))
}

// ours signs with the secret that is trusted.
func ours(header, payload string) string { return forge(header, payload, secretText) }

// refused checks that a token is refused for the reason, in words that hold none
// of its bytes.
func refused(t *testing.T, v *auth.Verifier, what, token, reason string) {
	t.Helper()
	c, err := v.Verify(token, at)
	e, ok := errors.AsType[*auth.Error](err)
	if !ok || c != nil || e.Reason != reason {
		t.Errorf("%s: %+v, %v; want %s", what, c, err, reason)
		return
	}
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 12 && strings.Contains(e.Error(), part[:12]) {
			t.Errorf("%s: the error shows bytes of the token: %v", what, e)
		}
	}
}

// TestForged takes tokens to pieces by hand. The first one shows that nothing but
// the forgery is wrong with the others.
func TestForged(t *testing.T) {
	private := ecKey(t, elliptic.P256())
	publicText := publicPEM(t, private)
	v := verifier(t, auth.Config{Keys: append(readKeys(t, "ec.pem", publicText), secretKey(t, "main"))})
	good := ours(`{"alg":"HS256"}`, lasting)
	if _, err := v.Verify(good, at); err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	shorter := signature[:len(signature)-1]
	last := signature[len(signature)-1]
	brought := func(name, value string) string {
		return ours(fmt.Sprintf(`{"alg":"HS256","%s":%s}`, name, value), lasting)
	}
	for _, tc := range []struct{ what, token, reason string }{
		{"nothing", "", auth.TokenMalformed},
		{"one dot", head + "." + body, auth.TokenMalformed},
		{"three dots", good + ".", auth.TokenMalformed},
		{"five parts, as if encrypted", good + "." + body + "." + signature, auth.TokenMalformed},
		{"dots alone", "..", auth.TokenMalformed},
		{"very many dots", strings.Repeat(".", auth.MaxToken), auth.TokenMalformed},
		{"too long", good + strings.Repeat("A", auth.MaxToken), auth.TokenTooLong},
		{"a line end that base64 skips", head + ".\n" + body + "." + signature, auth.TokenMalformed},
		{"a space", " " + good, auth.TokenMalformed},
		{"a byte beyond ASCII", good[:40] + "é" + good[40:], auth.TokenMalformed},
		{"padding", good + "=", auth.TokenMalformed},
		{"a character of plain base64", good[:40] + "+" + good[41:], auth.TokenMalformed},
		{"another spelling of the last byte", head + "." + body + "." + shorter + string(last+1), auth.TokenMalformed},
		{"a header cut off", head[1:] + "." + body + "." + signature, auth.TokenMalformed},
		{"a payload of one character", head + ".A." + signature, auth.TokenMalformed},
		{"a header that is an array", ours(`["alg","HS256"]`, lasting), auth.TokenMalformed},
		{"a header with something after it", ours(`{"alg":"HS256"}{}`, lasting), auth.TokenMalformed},
		{"alg twice", ours(`{"alg":"none","alg":"HS256"}`, lasting), auth.TokenMalformed},
		{"alg a number", ours(`{"alg":256}`, lasting), auth.TokenMalformed},
		{"no alg", ours(`{"typ":"JWT"}`, lasting), auth.TokenAlgorithm},
		{"alg in another case", ours(`{"ALG":"HS256"}`, lasting), auth.TokenAlgorithm},
		{"alg null", ours(`{"alg":null}`, lasting), auth.TokenAlgorithm},
		{"alg none, unsigned", encode([]byte(`{"alg":"none"}`)) + "." + body + ".", auth.TokenAlgorithm},
		{"alg none, signed", ours(`{"alg":"none"}`, lasting), auth.TokenAlgorithm},
		{"alg None", ours(`{"alg":"None"}`, lasting), auth.TokenAlgorithm},
		{"alg hs256", ours(`{"alg":"hs256"}`, lasting), auth.TokenAlgorithm},
		{"alg of no key", ours(`{"alg":"RS256"}`, lasting), auth.TokenAlgorithm},
		{"alg of another key than that of the kid", ours(`{"alg":"HS256","kid":"ec"}`, lasting), auth.TokenAlgorithm},
		{"alg with more bits than was signed with", ours(`{"alg":"HS512"}`, lasting), auth.TokenSignature},
		{"the public key's text as a secret", forge(`{"alg":"HS256"}`, lasting, publicText), auth.TokenSignature},
		{"that, and the kid of the public key", forge(`{"alg":"HS256","kid":"ec"}`, lasting, publicText), auth.TokenAlgorithm},
		{"the empty secret", forge(`{"alg":"HS256"}`, lasting, ""), auth.TokenSignature},
		{"a kid that is unknown", ours(`{"alg":"HS256","kid":"other"}`, lasting), auth.TokenKeyUnknown},
		{"a kid that is a path", ours(`{"alg":"HS256","kid":"../../dev/null"}`, lasting), auth.TokenKeyUnknown},
		{"a kid that is empty", ours(`{"alg":"HS256","kid":""}`, lasting), auth.TokenKeyUnknown},
		{"a kid that is a list", ours(`{"alg":"HS256","kid":["main"]}`, lasting), auth.TokenMalformed},
		{"jku", brought("jku", `"https://example.com/keys"`), auth.TokenKeyUnknown},
		{"jwk", brought("jwk", webKey(t, "main", []byte(secretText)).String()), auth.TokenKeyUnknown},
		{"x5u", brought("x5u", `"https://example.com/cert"`), auth.TokenKeyUnknown},
		{"x5c", brought("x5c", `["AAAA"]`), auth.TokenKeyUnknown},
		{"jwk null", brought("jwk", `null`), auth.TokenKeyUnknown},
		{"crit", ours(`{"alg":"HS256","crit":["exp"],"exp":1}`, lasting), auth.TokenMalformed},
		{"b64", brought("b64", `false`), auth.TokenMalformed},
		{"zip", brought("zip", `"DEF"`), auth.TokenMalformed},
		{"no signature", head + "." + body + ".", auth.TokenSignature},
		{"half a signature", head + "." + body + "." + encode(hs256(secretText, head+"."+body)[:16]), auth.TokenSignature},
		{"another payload", head + "." + encode([]byte(strings.Replace(lasting, "ann", "bob", 1))) + "." + signature, auth.TokenSignature},
		{"another header", encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + body + "." + signature, auth.TokenSignature},
		{"expired long ago, and not signed", head + "." + encode([]byte(`{"exp":1}`)) + "." + signature, auth.TokenSignature},
		{"no payload, and not signed", head + ".." + signature, auth.TokenSignature},
		{"ES256 with zeros", encode([]byte(`{"alg":"ES256"}`)) + "." + body + "." + encode(make([]byte, 64)), auth.TokenSignature},
		{"ES256 in ASN.1", derSigned(t, private), auth.TokenSignature},
	} {
		refused(t, v, tc.what, tc.token, tc.reason)
	}
}

// derSigned returns a token whose signature is good, in the form of certificates.
func derSigned(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	text := encode([]byte(`{"alg":"ES256"}`)) + "." + encode([]byte(lasting))
	sum := sha256.Sum256([]byte(text))
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encode(signature)
}

// TestForgedClaims signs, with the key that is trusted, what makes no sense.
func TestForgedClaims(t *testing.T) {
	v := verifier(t, auth.Config{Keys: []auth.Key{secretKey(t, "main")}})
	grants := func(text string) string { return `{"exp":1900003600,"parlor":` + text + `}` }
	many := `["a"` + strings.Repeat(`,"a"`, 100) + `]`
	for payload, reason := range map[string]string{
		``:                                     auth.TokenClaims,
		`null`:                                 auth.TokenClaims,
		`"exp"`:                                auth.TokenClaims,
		`[]`:                                   auth.TokenClaims,
		`{"exp":1900003600`:                    auth.TokenClaims,
		`{"exp":1900003600}{}`:                 auth.TokenClaims,
		`{"exp":1,"exp":1900003600}`:           auth.TokenClaims,
		`{"exp":1900003600,"x":{"a":1,"a":2}}`: auth.TokenClaims,
		"{\"exp\":1900003600,\"x\":\"\xff\"}":  auth.TokenClaims,
		`{}`:                                   auth.TokenNoExpiry,
		`{"exp":null}`:                         auth.TokenNoExpiry,
		`{"EXP":1900003600}`:                   auth.TokenNoExpiry,
		`{"exp":"1900003600"}`:                 auth.TokenClaims,
		`{"exp":1e400}`:                        auth.TokenClaims,
		`{"exp":1e300}`:                        auth.TokenClaims,
		`{"exp":-1}`:                           auth.TokenClaims,
		`{"exp":-0}`:                           auth.TokenClaims,
		`{"exp":true}`:                         auth.TokenClaims,
		`{"exp":[1900003600]}`:                 auth.TokenClaims,
		`{"exp":0}`:                            auth.TokenExpired,
		`{"exp":1899999970}`:                   auth.TokenExpired,
		`{"exp":1900003600,"nbf":1900000031}`:  auth.TokenNotYetValid,
		`{"exp":1900003600,"nbf":"now"}`:       auth.TokenClaims,
		`{"exp":1900003600,"nbf":1e400}`:       auth.TokenClaims,
		`{"exp":1900003600,"iss":1}`:           auth.TokenClaims,
		`{"exp":1900003600,"aud":1}`:           auth.TokenClaims,
		`{"exp":1900003600,"aud":["a",1]}`:     auth.TokenClaims,
		`{"exp":1900003600,"sub":1}`:           auth.TokenClaims,
		`{"exp":1900003600,"sub":"a\nb"}`:      auth.TokenClaims,
		`{"exp":1900003600,"sub":"a\u0000"}`:   auth.TokenClaims,
		`{"exp":1900003600,"sub":"\u0085"}`:    auth.TokenClaims,
		`{"exp":1900003600,"sub":"\ud800"}`:    auth.TokenClaims,

		`{"exp":1900003600,"sub":"` + strings.Repeat("é", 128) + `"}`: auth.TokenClaims,

		grants(`[]`):                         auth.TokenClaims,
		grants(`"*"`):                        auth.TokenClaims,
		grants(`{"subscribe":"*"}`):          auth.TokenClaims,
		grants(`{"subscribe":[1]}`):          auth.TokenClaims,
		grants(`{"subscribe":[""]}`):         auth.TokenClaims,
		grants(`{"subscribe":["a/b"]}`):      auth.TokenClaims,
		grants(`{"subscribe":["a b"]}`):      auth.TokenClaims,
		grants(`{"subscribe":["*a"]}`):       auth.TokenClaims,
		grants(`{"subscribe":["a*b"]}`):      auth.TokenClaims,
		grants(`{"subscribe":["a**"]}`):      auth.TokenClaims,
		grants(`{"publish":["**"]}`):         auth.TokenClaims,
		grants(`{"publish":["é"]}`):          auth.TokenClaims,
		grants(`{"publish":` + many + `}`):   auth.TokenClaims,
		grants(`{"subscribe":` + many + `}`): auth.TokenClaims,
		grants(`{"kinds":` + many + `}`):     auth.TokenClaims,
		grants(`{"kinds":[]}`):               auth.TokenClaims,
		grants(`{"kinds":["a*"]}`):           auth.TokenClaims,
		grants(`{"kinds":[""]}`):             auth.TokenClaims,
		grants(`{"presence":"yes"}`):         auth.TokenClaims,
		grants(`{"presence":1}`):             auth.TokenClaims,

		grants(`{"subscribe":["` + strings.Repeat("a", 129) + `"]}`):  auth.TokenClaims,
		grants(`{"subscribe":["` + strings.Repeat("a", 129) + `*"]}`): auth.TokenClaims,
	} {
		refused(t, v, payload, ours(`{"alg":"HS256"}`, payload), reason)
	}
}
