package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// secretText is a secret of 48 bytes.
const secretText = "a secret of sorts, which only these tests have. "

func secretKey(t testing.TB, id string) auth.Key {
	t.Helper()
	k, err := auth.Secret(id, []byte(secretText))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func edKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// privatePEM returns a private key as PKCS #8.
func privatePEM(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

// publicPEM returns the public half of a private key.
func publicPEM(t testing.TB, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return block("PUBLIC KEY", der)
}

// certificate returns a certificate for a key, signed with the same.
func certificate(t testing.TB, key crypto.Signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return block("CERTIFICATE", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// members are those of a JSON Web Key.
type members map[string]any

// with returns the members and some more, or in the place of those they have.
func (m members) with(more members) members {
	all := make(members, len(m)+len(more))
	for _, from := range []members{m, more} {
		for name, value := range from {
			all[name] = value
		}
	}
	return all
}

// webKey returns a private key, or a []byte that is a secret, as a JSON Web Key.
func webKey(t testing.TB, kid string, key any) members {
	t.Helper()
	m := members{"kid": kid}
	switch key := key.(type) {
	case []byte:
		m["kty"], m["k"] = "oct", encode(key)
	case *rsa.PrivateKey:
		m["kty"], m["n"], m["e"] = "RSA", encode(key.N.Bytes()), "AQAB"
		m["d"], m["p"], m["q"] = encode(key.D.Bytes()), encode(key.Primes[0].Bytes()), encode(key.Primes[1].Bytes())
	case *ecdsa.PrivateKey:
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		d, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := len(point) / 2
		m["kty"], m["crv"], m["x"], m["y"], m["d"] = "EC", key.Curve.Params().Name, encode(point[1:1+half]), encode(point[1+half:]), encode(d)
	case ed25519.PrivateKey:
		m["kty"], m["crv"], m["x"], m["d"] = "OKP", "Ed25519", encode(key[32:]), encode(key.Seed())
	default:
		t.Fatalf("a key of type %T", key)
	}
	return m
}

// public returns the members without those that are private.
func (m members) public() members {
	p := m.with(nil)
	for _, name := range []string{"d", "p", "q"} {
		delete(p, name)
	}
	return p
}

func (m members) String() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// set returns a JSON Web Key Set.
func set(keys ...members) string { return members{"keys": keys}.String() }

// keyFile writes a file that only its owner can touch, and returns its path.
func keyFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readKeys returns the keys of a file that holds content.
func readKeys(t testing.TB, name, content string) []auth.Key {
	t.Helper()
	keys, err := auth.ReadKeyFile(keyFile(t, name, content))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func verifier(t testing.TB, cfg auth.Config) *auth.Verifier {
	t.Helper()
	v, err := auth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sign(t testing.TB, key auth.Key, kid string, payload any) string {
	t.Helper()
	token, err := auth.Sign(key, kid, payload)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
