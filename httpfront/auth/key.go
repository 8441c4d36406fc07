package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

const (
	minSecret  = 32      // bytes of an HMAC secret
	maxSecret  = 4 << 10 // likewise
	minRSABits = 2048
	maxRSABits = 8192 // beyond it one forged token would cost milliseconds
)

// Key verifies tokens, and signs them if it is a secret or was read from a
// private key. It is for a fixed set of algorithms, whatever a token says of
// itself. It may be copied and used from any goroutine, and formats as a
// description without what is secret.
type Key struct {
	id      string
	named   bool                // by the document that it is from, not by its file
	family  string              // what sort of key it is, for people
	methods []jwt.SigningMethod // those that it may be used with; the first one signs
	check   any                 // as the methods' Verify wants it
	sign    any                 // as the methods' Sign wants it; nil if it can't
}

// errPublic reports a secret that is none.
var errPublic = fmt.Errorf("%w: a public key is not a secret; it has to be in PEM, or a JSON Web Key", ErrKey)

// Secret returns an HMAC key for HS256, HS384 and HS512, of which it signs with
// the first. The secret has at least 32 bytes and at most 4 KiB, is copied, and
// should be random: whoever knows it can sign. A public key is none: ErrKey. The
// id may be empty; then only tokens that name no key are verified with it.
func Secret(id string, secret []byte) (Key, error) {
	switch {
	case len(secret) < minSecret:
		return Key{}, fmt.Errorf("%w: a secret of %d bytes, fewer than %d", ErrKey, len(secret), minSecret)
	case len(secret) > maxSecret:
		return Key{}, fmt.Errorf("%w: a secret of %d bytes, more than %d", ErrKey, len(secret), maxSecret)
	case public(secret):
		return Key{}, errPublic
	}
	secret = bytes.Clone(secret)
	return Key{
		id:      id,
		family:  "HMAC",
		methods: []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512},
		check:   secret,
		sign:    secret,
	}, nil
}

// fromPublic returns the key of a public one of crypto's types.
func fromPublic(id string, key any) (Key, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return Key{}, fmt.Errorf("%w: an RSA key of %d bits, not %d to %d", ErrKey, bits, minRSABits, maxRSABits)
		}
		return Key{id: id, family: "RSA", check: key, methods: []jwt.SigningMethod{
			jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512,
			jwt.SigningMethodPS256, jwt.SigningMethodPS384, jwt.SigningMethodPS512,
		}}, nil
	case *ecdsa.PublicKey:
		curve := key.Curve.Params().Name
		for _, m := range []*jwt.SigningMethodECDSA{jwt.SigningMethodES256, jwt.SigningMethodES384, jwt.SigningMethodES512} {
			if curve == fmt.Sprintf("P-%d", m.CurveBits) {
				return Key{id: id, family: "EC " + curve, check: key, methods: []jwt.SigningMethod{m}}, nil
			}
		}
		return Key{}, fmt.Errorf("%w: curve %s, not P-256, P-384 or P-521", ErrKey, curve)
	case ed25519.PublicKey:
		return Key{id: id, family: "Ed25519", check: key, methods: []jwt.SigningMethod{jwt.SigningMethodEdDSA}}, nil
	}
	return Key{}, fmt.Errorf("%w: not an RSA, EC or Ed25519 key", ErrKey)
}

// fromPrivate returns the key of a private one of crypto's types.
func fromPrivate(id string, key any) (Key, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return Key{}, fmt.Errorf("%w: not an RSA, EC or Ed25519 key", ErrKey)
	}
	k, err := fromPublic(id, signer.Public())
	k.sign = key
	return k, err
}

// ID returns the name by which tokens refer to the key, "" if it has none.
func (k Key) ID() string { return k.id }

// CanSign reports whether the key is a secret or has its private half.
func (k Key) CanSign() bool { return k.sign != nil }

// Algorithms returns the names of those that the key may be used with, as they
// stand in a token's alg; the first is the one that it signs with.
func (k Key) Algorithms() []string {
	var names []string
	for _, m := range k.methods {
		names = append(names, m.Alg())
	}
	return names
}

// Format implements fmt.Formatter, so that no verb shows a secret.
func (k Key) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "%s key %q", k.family, k.id) }

// method returns the algorithm of that name if the key may be used with it.
func (k Key) method(alg string) jwt.SigningMethod {
	i := slices.IndexFunc(k.methods, func(m jwt.SigningMethod) bool { return m.Alg() == alg })
	if i < 0 {
		return nil
	}
	return k.methods[i]
}
