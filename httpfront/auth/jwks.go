package auth

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

// errSkipped reports a JSON Web Key that is for something else.
var errSkipped = errors.New("not for signatures that are verified here")

// parseJWKS reads a JSON Web Key, or a set of them.
func parseJWKS(content []byte) ([]Key, error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
		Kty  string           `json:"kty"`
	}
	if err := json.Unmarshal(content, &set); err != nil {
		return nil, notJSON(err)
	}
	if set.Keys == nil && set.Kty != "" {
		set.Keys = []jsontext.Value{content}
	}
	var keys []Key
	for i, text := range set.Keys {
		k, err := parseJWK(text)
		switch {
		case errors.Is(err, errSkipped):
			continue
		case err != nil:
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if keys = append(keys, k); len(keys) > MaxKeys {
			return nil, fmt.Errorf("%w: more than %d keys", ErrKey, MaxKeys)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: no key in it is for signatures, of a sort that is supported", ErrKey)
	}
	return keys, nil
}

// notJSON tells where a document is broken, and nothing of what it says there.
func notJSON(err error) error {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("%w: its JSON is broken at byte %d", ErrKey, e.ByteOffset)
	}
	return fmt.Errorf("%w: it is JSON, but no JSON Web Key and no set of them", ErrKey)
}

func parseJWK(text []byte) (Key, error) {
	var j jwk
	if err := json.Unmarshal(text, &j); err != nil {
		return Key{}, notJSON(err)
	}
	if j.Use != "" && j.Use != "sig" || j.Ops != nil && !slices.Contains(j.Ops, "verify") && !slices.Contains(j.Ops, "sign") {
		return Key{}, errSkipped
	}
	if j.Alg != "" && !slices.Contains(algorithms(), j.Alg) {
		return Key{}, errSkipped
	}
	k, err := j.key()
	if err != nil {
		return Key{}, err
	}
	if j.Alg != "" {
		m := k.method(j.Alg)
		if m == nil {
			return Key{}, fmt.Errorf("%w: its alg %s does not fit its kty %s", ErrKey, j.Alg, j.Kty)
		}
		k.methods = []jwt.SigningMethod{m}
	}
	k.id, k.named = j.Kid, true
	return k, nil
}
