package httpfront_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// claimSet is a token's payload.
type claimSet map[string]any

// grants is the payload of a token of the user ann, with these grants.
func grants(g claimSet) claimSet { return claimSet{"sub": "ann", "parlor": g} }

// signer makes tokens, and is what they are verified with: by a secret, which
// has no name, and by a public key, whose name is pub.
type signer struct {
	t        testing.TB
	key      auth.Key
	public   []byte // PEM
	verifier *auth.Verifier
}

func newSigner(t testing.TB) *signer {
	t.Helper()
	key, err := auth.Secret("", []byte("thirty-two bytes of a test's secret, and some"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public())
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{t: t, key: key, public: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})}
	path := filepath.Join(t.TempDir(), "pub.pem")
	if err := os.WriteFile(path, s.public, 0o600); err != nil {
		t.Fatal(err)
	}
	public, err := auth.ReadKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s.verifier, err = auth.New(auth.Config{Keys: append(public, key), Issuer: "tests", Audience: "parlor"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// payload completes a payload so that it is good for an hour, but for what it
// says itself; nil takes a claim out.
func payload(c claimSet) claimSet {
	all := claimSet{"exp": time.Now().Add(time.Hour).Unix(), "iss": "tests", "aud": "parlor"}
	maps.Copy(all, c)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// token signs a payload.
func (s *signer) token(c claimSet) string {
	s.t.Helper()
	token, err := auth.Sign(s.key, "", payload(c))
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// forge makes a token with that header and an HMAC by that secret.
func (s *signer) forge(header string, secret []byte, c claimSet) string {
	s.t.Helper()
	body, err := json.Marshal(payload(c))
	if err != nil {
		s.t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode(body)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// guard has a server ask for the signer's tokens.
func (s *signer) guard(c *httpfront.Config) { c.Auth = s.verifier }

// bear renders the header of a token.
func bear(token string) string { return "Authorization: Bearer " + token + "\r\n" }

// everything are the grants of an operator.
func everything() claimSet {
	return claimSet{"subscribe": []string{"*"}, "publish": []string{"*"}, "kinds": []string{"*"}, "presence": true}
}

// prefixes reads networks.
func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}
