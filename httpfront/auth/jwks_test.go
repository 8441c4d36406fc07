package auth_test

import (
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

func TestJWKS(t *testing.T) {
	curved := webKey(t, "ec", ecKey(t, elliptic.P256()))
	big, edwards := webKey(t, "rsa", rsaKey(t, 2048)), webKey(t, "ed", edKey(t))
	secret := webKey(t, "oct", []byte(secretText))
	for name, tc := range map[string]struct{ content, keys string }{
		"one of each":          {set(curved, big, edwards, secret), `[EC P-256 key "ec" RSA key "rsa" Ed25519 key "ed" HMAC key "oct"]`},
		"public ones":          {set(curved.public(), big.public(), edwards.public()), `[EC P-256 key "ec" RSA key "rsa" Ed25519 key "ed"]`},
		"one alone":            {curved.String(), `[EC P-256 key "ec"]`},
		"space around it":      {"\n\t " + curved.String() + "\n", `[EC P-256 key "ec"]`},
		"no kid":               {set(curved.with(members{"kid": ""})), `[EC P-256 key ""]`},
		"one kid for two":      {set(curved.with(members{"kid": "a"}), big.with(members{"kid": "a"})), `[EC P-256 key "a" RSA key "a"]`},
		"for signatures":       {set(curved.with(members{"use": "sig", "key_ops": []string{"verify"}})), `[EC P-256 key "ec"]`},
		"some for encryption":  {set(big.with(members{"use": "enc"}), curved), `[EC P-256 key "ec"]`},
		"operations of others": {set(big.with(members{"key_ops": []string{"encrypt"}}), curved), `[EC P-256 key "ec"]`},
		"algorithms of others": {set(big.with(members{"alg": "RSA-OAEP"}), curved), `[EC P-256 key "ec"]`},
		"unknown sorts":        {set(members{"kty": "AKP", "pub": "x"}, curved), `[EC P-256 key "ec"]`},
		"unknown curves":       {set(members{"kty": "EC", "crv": "secp256k1"}, members{"kty": "OKP", "crv": "X25519"}, curved), `[EC P-256 key "ec"]`},
		"members of others":    {set(curved.with(members{"x5t": "x", "x5c": []string{"x"}, "ext": true})), `[EC P-256 key "ec"]`},
	} {
		keys, err := auth.ReadKeyFile(keyFile(t, "keys.json", tc.content))
		if got := fmt.Sprint(keys); err != nil || got != tc.keys {
			t.Errorf("%s: %s, %v; want %s", name, got, err, tc.keys)
		}
	}
}

func TestBadJWKS(t *testing.T) {
	curve := webKey(t, "", ecKey(t, elliptic.P256()))
	other := webKey(t, "", ecKey(t, elliptic.P256()))
	large, edwards := webKey(t, "", rsaKey(t, 2048)), webKey(t, "", edKey(t))
	many := make([]members, auth.MaxKeys+1)
	for i := range many {
		many[i] = edwards.with(members{"kid": strconv.Itoa(i)})
	}
	huge := new(big.Int).Lsh(big.NewInt(1), 9000)
	for name, tc := range map[string]struct{ content, want string }{
		"an empty set":            {`{"keys":[]}`, "no key in it"},
		"nothing that fits":       {set(curve.with(members{"use": "enc"})), "no key in it"},
		"too many":                {set(many...), "more than 32 keys"},
		"a set that is a string":  {`{"keys":"x"}`, "no JSON Web Key"},
		"a key that is a string":  {`{"keys":["x"]}`, "key 1: "},
		"keys twice":              {`{"keys":[],"keys":[]}`, "broken at byte"},
		"something after it":      {curve.String() + "x", "broken at byte"},
		"not base64":              {set(curve.with(members{"x": "!"})), "no JSON Web Key"},
		"a short secret":          {set(webKey(t, "", []byte(secretText[:31]))), "31 bytes, fewer than 32"},
		"no secret":               {set(members{"kty": "oct"}), "0 bytes, fewer than 32"},
		"a secret that is public": {set(webKey(t, "", []byte(publicPEM(t, edKey(t))))), "not a secret"},
		"a small RSA key":         {set(webKey(t, "", rsaKey(t, 1024))), "1024 bits"},
		"a huge RSA key":          {set(large.public().with(members{"n": encode(huge.Bytes())})), "more than 8192 bits"},
		"no modulus":              {set(members{"kty": "RSA", "e": "AQAB"}), "0 bits"},
		"the exponent 1":          {set(large.public().with(members{"e": "AQ"})), "exponent"},
		"an even exponent":        {set(large.public().with(members{"e": "BA"})), "exponent"},
		"a huge exponent":         {set(large.public().with(members{"e": "AQAAAAAAAAAB"})), "exponent"},
		"another private half":    {set(large.with(members{"d": "AQAB"})), "private half"},
		"RSA for HMAC":            {set(large.with(members{"alg": "HS256"})), "alg HS256 does not fit its kty RSA"},
		"HMAC for RSA":            {set(webKey(t, "", []byte(secretText)).with(members{"alg": "RS256"})), "does not fit"},
		"P-256 for ES384":         {set(curve.with(members{"alg": "ES384"})), "does not fit"},
		"a point off the curve":   {set(curve.with(members{"x": other["x"]})), "point"},
		"half a point":            {set(members{"kty": "EC", "crv": "P-256", "x": curve["x"]}), "32 bytes of P-256"},
		"a point of another size": {set(curve.with(members{"crv": "P-384"})), "48 bytes of P-384"},
		"halves of two EC keys":   {set(curve.with(members{"d": other["d"]})), "do not belong together"},
		"an EC key of d 0":        {set(curve.with(members{"d": encode(make([]byte, 32))})), "private half"},
		"half an Ed25519 key":     {set(edwards.with(members{"x": "AAAA"})), "3 bytes, not 32"},
		"halves of two of them":   {set(edwards.with(members{"d": webKey(t, "", edKey(t))["d"]})), "do not belong together"},
		"a long seed":             {set(edwards.with(members{"d": encode(make([]byte, 64))})), "64 bytes, not 32"},
	} {
		keys, err := auth.ReadKeyFile(keyFile(t, "keys.json", tc.content))
		if !errors.Is(err, auth.ErrKey) || keys != nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, %v; want %q", name, keys, err, tc.want)
		}
	}
}

// TestAlgNarrows wants a key's alg to be the only one that it is used with.
func TestAlgNarrows(t *testing.T) {
	web := webKey(t, "k", []byte(secretText))
	key := readKeys(t, "k.json", web.with(members{"alg": "HS512"}).String())[0]
	if got := fmt.Sprint(key.Algorithms()); got != "[HS512]" {
		t.Errorf("algorithms %s", got)
	}
	v := verifier(t, auth.Config{Keys: []auth.Key{key}})
	refused(t, v, "HS256", ours(`{"alg":"HS256","kid":"k"}`, lasting), auth.TokenAlgorithm)
	if _, err := v.Verify(sign(t, key, "k", json.RawMessage(lasting)), at); err != nil {
		t.Error(err)
	}
}

// TestMixedSet has two keys of one kid, told apart by the algorithm.
func TestMixedSet(t *testing.T) {
	curved, edwards := webKey(t, "k", ecKey(t, elliptic.P256())), webKey(t, "k", edKey(t))
	v := verifier(t, auth.Config{Keys: readKeys(t, "k.json", set(curved.public(), edwards.public()))})
	for _, web := range []members{curved, edwards} {
		key, err := auth.ReadSigningKey(keyFile(t, "k.json", web.String()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(sign(t, key, key.ID(), json.RawMessage(lasting)), at); err != nil || key.ID() != "k" {
			t.Errorf("%v: %v", key, err)
		}
	}
}
