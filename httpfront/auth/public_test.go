package auth_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// der returns what is in a PEM block.
func der(t *testing.T, text string) []byte {
	t.Helper()
	b, _ := pem.Decode([]byte(text))
	if b == nil {
		t.Fatal("no PEM")
	}
	return b.Bytes
}

// TestPublicIsNoSecret has public keys in files that only their owner may read, in
// forms other than PEM: as secrets they would have everybody sign.
func TestPublicIsNoSecret(t *testing.T) {
	big := rsaKey(t, 2048)
	public := publicPEM(t, big)
	bare := strings.Join(strings.Split(strings.TrimSpace(public), "\n")[1:8], "\n")
	ends := der(t, publicPEM(t, edKey(t)))
	for !bytes.HasSuffix(ends, []byte("\n")) {
		ends = der(t, publicPEM(t, edKey(t)))
	}
	for name, content := range map[string]string{
		"DER":                         string(der(t, public)),
		"DER of a curve":              string(der(t, publicPEM(t, ecKey(t, elliptic.P256())))),
		"DER and a line end":          string(der(t, public)) + "\n",
		"DER that ends like a line":   string(ends),
		"DER of PKCS 1":               string(x509.MarshalPKCS1PublicKey(&big.PublicKey)),
		"DER of a certificate":        string(der(t, certificate(t, big))),
		"PEM without its outer lines": bare + "\n",
		"base64 in one line":          base64.StdEncoding.EncodeToString(der(t, public)),
		"base64 of a certificate":     base64.StdEncoding.EncodeToString(der(t, certificate(t, big))),
		"base64 for URLs":             encode(der(t, public)),
		"PEM in UTF-16":               "\xff\xfe" + strings.Join(strings.Split(public, ""), "\x00") + "\x00",
	} {
		keys, err := auth.ReadKeyFile(keyFile(t, "x.key", content))
		if !errors.Is(err, auth.ErrKey) || keys != nil || !strings.Contains(err.Error(), "not a secret") {
			t.Errorf("%s, in a file: %v, %v", name, keys, err)
		}
		if name == "DER and a line end" {
			continue
		}
		if key, err := auth.Secret("", []byte(content)); !errors.Is(err, auth.ErrKey) {
			t.Errorf("%s: %v, %v", name, key, err)
		}
	}
}

// TestSecretsInBase64 takes secrets that look like the above.
func TestSecretsInBase64(t *testing.T) {
	for _, content := range []string{
		base64.StdEncoding.EncodeToString([]byte(secretText)), encode([]byte(secretText)), strings.Repeat("MII", 20), strings.Repeat("=", 40),
	} {
		if _, err := auth.ReadKeyFile(keyFile(t, "x.key", content)); err != nil {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// TestByteOrderMark takes JSON as some editors write it, and not as a secret.
func TestByteOrderMark(t *testing.T) {
	content := "\ufeff" + set(webKey(t, "k", edKey(t)))
	keys, err := auth.ReadKeyFile(keyFile(t, "x.json", content))
	if err != nil || len(keys) != 1 || keys[0].Algorithms()[0] != "EdDSA" {
		t.Errorf("%v, %v", keys, err)
	}
}

// TestReadKeySet takes JSON Web Keys and nothing else.
func TestReadKeySet(t *testing.T) {
	keys, err := auth.ReadKeySet(keyFile(t, "x.json", set(webKey(t, "a", edKey(t)), webKey(t, "b", []byte(secretText)))))
	if err != nil || len(keys) != 2 {
		t.Errorf("%v, %v", keys, err)
	}
	for _, content := range []string{"", secretText, publicPEM(t, edKey(t)), "<html><title>502 Bad Gateway</title></html>\n", `"` + secretText + `"`, "[]"} {
		if keys, err := auth.ReadKeySet(keyFile(t, "x.json", content)); !errors.Is(err, auth.ErrKey) {
			t.Errorf("%q: %v, %v", content, keys, err)
		}
	}
}
