package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// MaxKeys bounds the keys of a Verifier, and of a file.
	MaxKeys = 32
	// DefaultLeeway is how far clocks may be apart unless a Config says so.
	DefaultLeeway = 30 * time.Second
	// MaxLeeway bounds Config.Leeway.
	MaxLeeway = time.Hour
)

// Config is what tokens have to be like.
type Config struct {
	Keys     []Key         // 1 to MaxKeys; tried in this order
	Issuer   string        // what iss has to be; "" for anything or nothing
	Audience string        // what has to be among aud; "" for anything or nothing
	Leeway   time.Duration // for exp and nbf, up to MaxLeeway; 0 for DefaultLeeway, less for none
	Lasting  bool          // tokens without exp are taken, too: they are good until the keys change
}

// Verifier verifies tokens. It may be used from any goroutine.
type Verifier struct {
	cfg    Config                // but for its Keys
	keys   atomic.Pointer[[]Key] // those in force; never changed in place
	parser *jwt.Parser           // for its reading of base64 alone
}

// New returns a Verifier, or everything that is wrong with the configuration.
func New(cfg Config) (*Verifier, error) {
	v := &Verifier{parser: newParser()}
	err := v.SetKeys(cfg.Keys)
	if cfg.Leeway > MaxLeeway {
		err = errors.Join(err, fmt.Errorf("leeway %s, more than %s", cfg.Leeway, MaxLeeway))
	}
	if err != nil {
		return nil, err
	}
	switch {
	case cfg.Leeway == 0:
		cfg.Leeway = DefaultLeeway
	case cfg.Leeway < 0:
		cfg.Leeway = 0
	}
	v.cfg, v.cfg.Keys = cfg, nil
	return v, nil
}

// SetKeys replaces the keys, 1 to MaxKeys of them, for tokens that are verified from
// now on. After an error those there were are in force still.
func (v *Verifier) SetKeys(keys []Key) error {
	var errs []error
	if len(keys) == 0 || len(keys) > MaxKeys {
		errs = append(errs, fmt.Errorf("%d keys to verify tokens with, not 1 to %d", len(keys), MaxKeys))
	}
	for i, k := range keys {
		if len(k.methods) == 0 {
			errs = append(errs, fmt.Errorf("key %d: %w: it is empty", i, ErrKey))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	keys = slices.Clone(keys)
	v.keys.Store(&keys)
	return nil
}

// Verify returns what a token says if it is signed by one of the keys and valid
// now, else an *Error. Whether the signature is good is judged first, so that of
// a forged token nothing else is told.
//
// A token that names its key by kid is tried with the keys of that id alone, any
// other with every key that may be used with its algorithm. Tokens that bring
// their key along, or tell where to fetch it, are refused.
func (v *Verifier) Verify(token string, now time.Time) (*Claims, error) {
	signed, err := v.open(token)
	if err != nil {
		return nil, err
	}
	body, err := parsePayload(signed)
	if err != nil {
		return nil, err
	}
	if err := v.judge(body, now); err != nil {
		return nil, err
	}
	claims := body.claims()
	sum := sha256.Sum256([]byte(token))
	copy(claims.Token[:], sum[:])
	return claims, nil
}

// open returns the payload of a token that is signed by one of the keys.
func (v *Verifier) open(token string) ([]byte, error) {
	p, err := split(token)
	if err != nil {
		return nil, err
	}
	head, err := p.header(v.parser)
	if err != nil {
		return nil, err
	}
	keys, err := v.candidates(head)
	if err != nil {
		return nil, err
	}
	body, err := p.payload(v.parser)
	if err != nil {
		return nil, err
	}
	signature, err := p.signature(v.parser)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.method(head.Alg).Verify(p.signed(), signature, k.check) == nil {
			return body, nil
		}
	}
	return nil, refuse(TokenSignature, "the token is not signed by a key that is trusted here")
}

// candidates returns the keys that a token may have been signed with.
func (v *Verifier) candidates(head header) ([]Key, error) {
	if !slices.Contains(algorithms(), head.Alg) {
		return nil, refuse(TokenAlgorithm, "the token's algorithm is not one that is taken")
	}
	known := false
	var keys []Key
	for _, k := range *v.keys.Load() {
		if head.Kid != nil && (k.id != *head.Kid || k.id == "") {
			continue
		}
		known = true
		if k.method(head.Alg) != nil {
			keys = append(keys, k)
		}
	}
	switch {
	case !known:
		return nil, refuse(TokenKeyUnknown, "the token is signed with a key that is not known here")
	case len(keys) == 0:
		return nil, refuse(TokenAlgorithm, "the token's algorithm is not one of its key's")
	}
	return keys, nil
}

// judge checks what a token that is signed says about where and when it is valid.
func (v *Verifier) judge(p *payload, now time.Time) error {
	switch {
	case p.expires.IsZero() && !v.cfg.Lasting:
		return refuse(TokenNoExpiry, "the token has no exp")
	case !p.expires.IsZero() && !now.Before(p.expires.Add(v.cfg.Leeway)):
		return refuse(TokenExpired, "the token has expired")
	case now.Add(v.cfg.Leeway).Before(p.notBefore):
		return refuse(TokenNotYetValid, "the token is not valid yet")
	case v.cfg.Issuer != "" && p.issuer != v.cfg.Issuer:
		return refuse(TokenIssuer, "the token is not from the issuer that is trusted here")
	case v.cfg.Audience != "" && !slices.Contains(p.audience, v.cfg.Audience):
		return refuse(TokenAudience, "the token is meant for somebody else")
	}
	return nil
}

// algorithms returns the names of all that are taken.
func algorithms() []string {
	return []string{
		"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
		"ES256", "ES384", "ES512", "EdDSA",
	}
}
