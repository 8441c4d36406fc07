package e2e_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// issuer signs tokens that servers with its flags take, and forges others. It
// does so by hand: nothing of what it is to test helps it.
type issuer struct {
	t      *testing.T
	secret []byte          // of HS256; its kid is hs
	key    *rsa.PrivateKey // of RS256; its kid is rsa
	public []byte          // what servers know of that, PEM
	flags  []string
}

// claims are a token's, but for those of parlor.
type claims map[string]any

// rights are what a token grants.
type rights map[string]any

// allRights are those of a client that may do everything.
func allRights() rights {
	return rights{"subscribe": []string{"*"}, "publish": []string{"*"}, "kinds": []string{"*"}, "presence": true}
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	is := &issuer{
		t: t, key: key, secret: []byte(rand.Text() + rand.Text()),
		public: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"hs.key": is.secret, "rsa.pem": is.public} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		is.flags = append(is.flags, "--jwt-key-file", file)
	}
	return is
}

// grant returns a token that is good for an hour unless the claims say otherwise.
// A claim of nil is left out.
func (is *issuer) grant(r rights, more claims) string {
	return is.forge(`{"alg":"HS256","typ":"JWT"}`, hs256(is.secret), is.body(r, more))
}

// of returns a token of a user's, who may do everything.
func (is *issuer) of(user string) string { return is.grant(allRights(), claims{"sub": user}) }

// body returns the payload of a token as grant makes it.
func (is *issuer) body(r rights, more claims) []byte {
	is.t.Helper()
	all := claims{"exp": time.Now().Add(time.Hour).Unix(), "parlor": r}
	maps.Copy(all, more)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(all)
	if err != nil {
		is.t.Fatal(err)
	}
	return text
}

// forge puts a token together.
func (is *issuer) forge(header string, sign func([]byte) []byte, body []byte) string {
	signed := encode([]byte(header)) + "." + encode(body)
	return signed + "." + encode(sign([]byte(signed)))
}

func encode(part []byte) string { return base64.RawURLEncoding.EncodeToString(part) }

func hs256(secret []byte) func([]byte) []byte {
	return func(signed []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(signed)
		return mac.Sum(nil)
	}
}

// rs256 signs with a key that need not be the issuer's.
func (is *issuer) rs256(key *rsa.PrivateKey) func([]byte) []byte {
	return func(signed []byte) []byte {
		sum := sha256.Sum256(signed)
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			is.t.Fatal(err)
		}
		return signature
	}
}

// unsigned is the signature of algorithm none.
func unsigned([]byte) []byte { return nil }

// bearing is the header line that brings a token.
func bearing(token string) string { return "Authorization: Bearer " + token }

// secretParts returns what of a token must not be seen anywhere: all of it but
// the header, which is the same in most.
func secretParts(token string) []string {
	_, rest, _ := strings.Cut(token, ".")
	var parts []string
	for part := range strings.SplitSeq(rest, ".") {
		if len(part) >= 16 { // shorter ones say nothing, and are found by chance
			parts = append(parts, part)
		}
	}
	return parts
}

// startFleet starts a fleet whose own requests, as the test makes them by its
// methods, bring a token that may do everything.
func (is *issuer) startFleet(size int, flags ...string) *fleet {
	is.t.Helper()
	f := newFleet(is.t, size, append(is.flags, flags...)...)
	for _, n := range f.nodes {
		n.token = is.of("the test")
	}
	f.start(f.nodes...)
	f.settled()
	return f
}

// start starts a server alone, likewise.
func (is *issuer) start(flags ...string) *server {
	is.t.Helper()
	s := start(is.t, append(is.flags, flags...)...)
	s.token = is.of("the test")
	return s
}
