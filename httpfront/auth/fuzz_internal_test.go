package auth

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzVerify changes tokens as it likes. What is taken in spite of that is the
// token that was signed, and what is refused has a reason.
func FuzzVerify(f *testing.F) {
	key, err := Secret("k", []byte(strings.Repeat("k", 32)))
	if err != nil {
		f.Fatal(err)
	}
	v, err := New(Config{Keys: []Key{key}})
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1_900_000_000, 0)
	good, err := Sign(key, "k", json.RawMessage(`{"sub":"ann","exp":1900000100,"parlor":{"subscribe":["a*"]}}`))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, good + ".", good[:60], strings.ToUpper(good), "..", "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		c, err := v.Verify(token, now)
		if err == nil {
			if token != good || c.Subject != "ann" {
				t.Fatalf("%q was taken: %+v", token, c)
			}
			return
		}
		if e, ok := errors.AsType[*Error](err); c != nil || !ok || e.Reason == "" {
			t.Fatalf("%+v, %v", c, err)
		}
	})
}

// FuzzPayload gives the reader of payloads, which forgers do not get to, what it
// likes: claims that are taken keep their bounds.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{
		`{"exp":1,"nbf":0,"iss":"i","aud":"a","sub":"s","parlor":{"subscribe":["a-*"],"publish":["*"],"kinds":["*"],"presence":true}}`,
		`{"exp":1e5,"aud":["a","b"]}`, `{"exp":1e400}`, `{"exp":null,"parlor":null}`, `{"sub":"\u0000"}`, `[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := parsePayload(raw)
		if err != nil {
			if e, ok := errors.AsType[*Error](err); p != nil || !ok || e.Reason != TokenClaims {
				t.Fatalf("%+v, %v", p, err)
			}
			return
		}
		c := p.claims()
		if !json.Valid(c.Payload) || !utf8.ValidString(c.Subject) || len(c.Subject) > maxSubject {
			t.Fatalf("%q gave %+v", raw, c)
		}
		if !c.Expires.IsZero() && (c.Expires.Unix() < 0 || c.Expires.Year() > 9999) {
			t.Fatalf("%q expires %s", raw, c.Expires)
		}
		for _, list := range [][]string{c.Subscribe, c.Publish} {
			if len(list) > maxPatterns || slices.ContainsFunc(list, badPattern) {
				t.Fatalf("%q grants %q", raw, list)
			}
		}
	})
}

// FuzzKeys reads files of keys: what comes out of them can be used.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{
		strings.Repeat("k", 32) + "\n", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
		`{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"},{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQ"}]}`,
		`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"AA"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		keys, err := parseKeys("id", content)
		if err != nil {
			if !errors.Is(err, ErrKey) || keys != nil {
				t.Fatalf("%v, %v", keys, err)
			}
			return
		}
		v, err := New(Config{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if !k.CanSign() {
				continue
			}
			token, err := Sign(k, "", map[string]int{"exp": 2})
			if err != nil {
				t.Fatalf("%v: %v", k, err)
			}
			if _, err := v.Verify(token, time.Unix(1, 0)); err != nil {
				t.Fatalf("%v: %v", k, err)
			}
		}
	})
}
