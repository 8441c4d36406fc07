package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// jwk is a JSON Web Key in its own form. Numbers are big-endian bytes in base64.
type jwk struct {
	Kty string   `json:"kty"`
	Kid string   `json:"kid"`
	Use string   `json:"use"`
	Alg string   `json:"alg"`
	Ops []string `json:"key_ops"`

	K octets `json:"k"` // the secret of oct

	Crv string `json:"crv"` // the curve of EC and OKP
	X   octets `json:"x"`
	Y   octets `json:"y"`

	N octets `json:"n"` // modulus and exponent of RSA
	E octets `json:"e"`

	D octets `json:"d"` // what makes any of them private
	P octets `json:"p"`
	Q octets `json:"q"`
}

// octets are bytes that are written as base64url without padding.
type octets []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *octets) UnmarshalText(text []byte) error {
	b, err := base64.RawURLEncoding.DecodeString(string(text))
	*o = b
	return err
}

// key returns the key, with its private half if that is there.
func (j *jwk) key() (Key, error) {
	switch j.Kty {
	case "oct":
		return Secret(j.Kid, j.K)
	case "RSA":
		return j.rsa()
	case "EC":
		return j.ec()
	case "OKP":
		return j.okp()
	}
	return Key{}, errSkipped
}

func (j *jwk) rsa() (Key, error) {
	e := new(big.Int).SetBytes(j.E)
	if e.Cmp(big.NewInt(3)) < 0 || e.Cmp(big.NewInt(math.MaxInt32)) > 0 || e.Bit(0) == 0 {
		return Key{}, fmt.Errorf("%w: its e is not an exponent that RSA keys have", ErrKey)
	}
	if len(j.N) > maxRSABits/8+1 {
		return Key{}, fmt.Errorf("%w: its n has %d bytes, more than %d bits", ErrKey, len(j.N), maxRSABits)
	}
	public := rsa.PublicKey{N: new(big.Int).SetBytes(j.N), E: int(e.Int64())}
	k, err := fromPublic(j.Kid, &public)
	if err != nil || len(j.D) == 0 {
		return k, err
	}
	private := &rsa.PrivateKey{PublicKey: public, D: new(big.Int).SetBytes(j.D)}
	if len(j.P) > 0 && len(j.Q) > 0 {
		private.Primes = []*big.Int{new(big.Int).SetBytes(j.P), new(big.Int).SetBytes(j.Q)}
	}
	if err := private.Validate(); err != nil {
		return Key{}, fmt.Errorf("%w: its private half: %w", ErrKey, err)
	}
	private.Precompute()
	return fromPrivate(j.Kid, private)
}

func (j *jwk) ec() (Key, error) {
	var curve elliptic.Curve
	switch j.Crv {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return Key{}, errSkipped
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(j.X) != size || len(j.Y) != size {
		return Key{}, fmt.Errorf("%w: its x or y does not have the %d bytes of %s", ErrKey, size, j.Crv)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, j.X, j.Y))
	if err != nil {
		return Key{}, fmt.Errorf("%w: its point: %w", ErrKey, err)
	}
	if len(j.D) == 0 {
		return fromPublic(j.Kid, public)
	}
	private, err := ecdsa.ParseRawPrivateKey(curve, j.D)
	if err != nil {
		return Key{}, fmt.Errorf("%w: its private half: %w", ErrKey, err)
	}
	if !private.PublicKey.Equal(public) {
		return Key{}, fmt.Errorf("%w: its halves do not belong together", ErrKey)
	}
	return fromPrivate(j.Kid, private)
}

func (j *jwk) okp() (Key, error) {
	if j.Crv != "Ed25519" {
		return Key{}, errSkipped
	}
	if len(j.X) != ed25519.PublicKeySize {
		return Key{}, fmt.Errorf("%w: its x has %d bytes, not %d", ErrKey, len(j.X), ed25519.PublicKeySize)
	}
	public := ed25519.PublicKey(j.X)
	if len(j.D) == 0 {
		return fromPublic(j.Kid, public)
	}
	if len(j.D) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("%w: its d has %d bytes, not %d", ErrKey, len(j.D), ed25519.SeedSize)
	}
	private := ed25519.NewKeyFromSeed(j.D)
	if !private.Public().(ed25519.PublicKey).Equal(public) {
		return Key{}, fmt.Errorf("%w: its halves do not belong together", ErrKey)
	}
	return fromPrivate(j.Kid, private)
}
