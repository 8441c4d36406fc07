package auth_test

import (
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/secretfile"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

func TestKeyFiles(t *testing.T) {
	big, curved, edwards := rsaKey(t, 2048), ecKey(t, elliptic.P384()), edKey(t)
	sec1, err := x509.MarshalECPrivateKey(curved)
	if err != nil {
		t.Fatal(err)
	}
	rsaAlgs := "[RS256 RS384 RS512 PS256 PS384 PS512]"
	for _, tc := range []struct {
		name, content string
		key           string // as it formats
		algorithms    string
		signs         bool
	}{
		{"rsa.pem", publicPEM(t, big), `RSA key "rsa"`, rsaAlgs, false},
		{"pkcs1.pub.pem", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&big.PublicKey)), `RSA key "pkcs1.pub"`, rsaAlgs, false},
		{"cert.crt", certificate(t, big), `RSA key "cert"`, rsaAlgs, false},
		{"rsa", privatePEM(t, big), `RSA key "rsa"`, rsaAlgs, true},
		{"rsa", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(big)), `RSA key "rsa"`, rsaAlgs, true},
		{"ec.pem", publicPEM(t, curved), `EC P-384 key "ec"`, "[ES384]", false},
		{"ec.pem", "Some words before it.\n" + publicPEM(t, curved) + "and after\n", `EC P-384 key "ec"`, "[ES384]", false},
		{"ec.pem", block("EC PARAMETERS", []byte{6, 5, 43, 129, 4, 0, 34}) + block("EC PRIVATE KEY", sec1), `EC P-384 key "ec"`, "[ES384]", true},
		{"p256.pem", publicPEM(t, ecKey(t, elliptic.P256())), `EC P-256 key "p256"`, "[ES256]", false},
		{"p521.pem", publicPEM(t, ecKey(t, elliptic.P521())), `EC P-521 key "p521"`, "[ES512]", false},
		{"ed.pem", publicPEM(t, edwards), `Ed25519 key "ed"`, "[EdDSA]", false},
		{"ed.pem", privatePEM(t, edwards), `Ed25519 key "ed"`, "[EdDSA]", true},
		{"ed.pem", certificate(t, edwards), `Ed25519 key "ed"`, "[EdDSA]", false},
		{"main.key", secretText, `HMAC key "main"`, "[HS256 HS384 HS512]", true},
		{"main.key", secretText[:32] + "\n", `HMAC key "main"`, "[HS256 HS384 HS512]", true},
		{"key.json", webKey(t, "k1", []byte(secretText)).String(), `HMAC key "k1"`, "[HS256 HS384 HS512]", true},
	} {
		path := keyFile(t, tc.name, tc.content)
		keys, err := auth.ReadKeyFile(path)
		if err != nil || len(keys) != 1 {
			t.Errorf("%s: %v, %v", tc.key, keys, err)
			continue
		}
		k := keys[0]
		if fmt.Sprint(k) != tc.key || fmt.Sprint(k.Algorithms()) != tc.algorithms || k.CanSign() != tc.signs {
			t.Errorf("%v with %v, signs %v; want %+v", k, k.Algorithms(), k.CanSign(), tc)
		}
		// What a file that can sign has signed is good for itself.
		if signing, err := auth.ReadSigningKey(path); tc.signs != (err == nil) {
			t.Errorf("%s: to sign with: %v", tc.key, err)
		} else if tc.signs {
			if wantID := map[bool]string{true: k.ID()}[tc.name == "key.json"]; signing.ID() != wantID {
				t.Errorf("%s: signs as %q, want %q", tc.key, signing.ID(), wantID)
			}
			v := verifier(t, auth.Config{Keys: keys})
			if _, err := v.Verify(sign(t, signing, signing.ID(), json.RawMessage(lasting)), at); err != nil {
				t.Errorf("%s: %v", tc.key, err)
			}
		}
	}
}

func TestLineEndsOfSecrets(t *testing.T) {
	for end, same := range map[string]bool{"": true, "\n": true, "\r\n": true, "\n\n": false, " \n": false, "\r": true} {
		v := verifier(t, auth.Config{Keys: readKeys(t, "main.key", secretText+end)})
		_, err := v.Verify(ours(`{"alg":"HS256"}`, lasting), at)
		if (err == nil) != same {
			t.Errorf("with %q at the end: %v", end, err)
		}
	}
}

func TestBadKeyFiles(t *testing.T) {
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards := edKey(t)
	public := publicPEM(t, edwards)
	der := strings.ReplaceAll(public, "PUBLIC KEY", "CERTIFICATE")
	for name, tc := range map[string]struct{ content, want string }{
		"nothing":                {"", "0 bytes, fewer than 32"},
		"a line end":             {"\n", "0 bytes, fewer than 32"},
		"31 bytes":               {secretText[:31] + "\n", "31 bytes, fewer than 32"},
		"a novel":                {strings.Repeat("x", 5000), "more than 4096"},
		"a movie":                {strings.Repeat("x", 2<<20), "larger than"},
		"a key of SSH":           {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG2PQx0m8yqu5vAl+Zbd me@home\n", "not a secret"},
		"half a PEM":             {public[:len(public)/2], "PEM is broken"},
		"PEM with a cut in it":   {strings.Replace(public, "MC", "!!", 1), "PEM is broken"},
		"PEM and a broken one":   {public + public[:40], "PEM is broken"},
		"PEM with other bytes":   {block("PUBLIC KEY", []byte("nonsense")), "PUBLIC KEY: "},
		"a key as a certificate": {der, "CERTIFICATE: "},
		"two keys":               {public + public, "several"},
		"a chain":                {certificate(t, edwards) + certificate(t, edwards), "several"},
		"a key and its half":     {privatePEM(t, edwards) + public, "several"},
		"a small RSA key":        {publicPEM(t, rsaKey(t, 1024)), "1024 bits"},
		"a small curve":          {publicPEM(t, ecKey(t, elliptic.P224())), "P-224"},
		"a key for exchange":     {privatePEM(t, x25519), "not an RSA, EC or Ed25519 key"},
		"OpenSSH's form":         {block("OPENSSH PRIVATE KEY", []byte("x")), `"OPENSSH PRIVATE KEY" is not supported`},
		"an encrypted key":       {block("ENCRYPTED PRIVATE KEY", []byte("x")), "encrypted"},
		"one of the old way":     {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "encrypted"},
		"broken JSON":            {`{"keys":[{"kty":"oct","k":"` + encode([]byte(secretText)) + `"]}`, "broken at byte"},
		"JSON that is no keys":   {`{"a":"` + secretText + `"}`, "no key in it"},
	} {
		path := keyFile(t, "x.pem", tc.content)
		keys, err := auth.ReadKeyFile(path)
		if !errors.Is(err, auth.ErrKey) || keys != nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, %v; want %q", name, keys, err, tc.want)
			continue
		}
		for _, secret := range []string{secretText[:31], encode([]byte(secretText))[:20]} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows a secret: %v", name, err)
			}
		}
	}
	if _, err := auth.ReadKeyFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := auth.ReadKeyFile(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

// TestExposedFiles wants others to be kept from what signs, and only from that.
func TestExposedFiles(t *testing.T) {
	edwards := edKey(t)
	web := webKey(t, "a", edwards)
	for name, tc := range map[string]struct {
		content string
		secret  bool
	}{
		"a secret":                 {secretText, true},
		"a private key":            {privatePEM(t, edwards), true},
		"a private JSON Web Key":   {web.String(), true},
		"one among public ones":    {set(web.public(), web), true},
		"a public key":             {publicPEM(t, edwards), false},
		"a certificate":            {certificate(t, edwards), false},
		"a set of public ones":     {set(web.public()), false},
		"a secret as JSON Web Key": {webKey(t, "a", []byte(secretText)).String(), true},
	} {
		path := keyFile(t, "x", tc.content)
		for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o602, 0o600, 0o400} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			keys, err := auth.ReadKeyFile(path)
			bad := tc.secret && mode&0o077 != 0
			if bad != errors.Is(err, auth.ErrKey) || bad != errors.Is(err, secretfile.ErrExposed) || bad != (keys == nil) {
				t.Errorf("%s with mode %04o: %v, %v", name, mode, keys, err)
			}
			if _, err := auth.ReadSigningKey(path); bad && !errors.Is(err, auth.ErrKey) {
				t.Errorf("%s with mode %04o, to sign with: %v", name, mode, err)
			}
		}
	}
}

// TestKeysHide formats a key in every way that shows things.
func TestKeysHide(t *testing.T) {
	key := secretKey(t, "main")
	var text []byte
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text = fmt.Appendf(text, verb+verb, key, []auth.Key{key})
	}
	for _, secret := range []string{secretText[:8], fmt.Sprintf("%x", secretText[:8]), "97, 32", "0x61, 0x20"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s shows %q", text, secret)
		}
	}
}
