package auth_test

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

func TestVerify(t *testing.T) {
	payload := `{"sub":"ann","exp":1900003600.75,"iss":"shop","aud":["a","b"],"color":"red",` +
		`"parlor":{"subscribe":["news-*"],"publish":["lobby"],"kinds":["room","counter"],"presence":true,"later":1}}`
	v := verifier(t, auth.Config{Keys: []auth.Key{secretKey(t, "main")}, Issuer: "shop", Audience: "b"})
	token := ours(`{"alg":"HS256","kid":"main","typ":"JWT","x5t":"x"}`, payload)
	got, err := v.Verify(token, at)
	if err != nil {
		t.Fatal(err)
	}
	want := &auth.Claims{
		Subject:   "ann",
		Expires:   time.Unix(1_900_003_600, 0).UTC(),
		Subscribe: []string{"news-*"},
		Publish:   []string{"lobby"},
		Kinds:     []string{"room", "counter"},
		Presence:  true,
		Payload:   json.RawMessage(payload),
	}
	sum := sha256.Sum256([]byte(token))
	copy(want.Token[:], sum[:])
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestAlgorithms makes and verifies a token by every algorithm that there is.
func TestAlgorithms(t *testing.T) {
	private := map[string][]any{
		"HS": {[]byte(secretText)},
		"RS": {rsaKey(t, 2048)},
		"ES": {ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384()), ecKey(t, elliptic.P521())},
		"Ed": {edKey(t)},
	}
	private["PS"] = private["RS"]
	tried := 0
	for _, alg := range []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"} {
		for _, key := range private[alg[:2]] {
			web := webKey(t, alg, key).with(members{"alg": alg})
			signing, err := auth.ReadSigningKey(keyFile(t, "key.json", web.String()))
			if err != nil {
				if alg[:2] != "ES" { // a curve has one algorithm
					t.Errorf("%s: %v", alg, err)
				}
				continue
			}
			tried++
			token := sign(t, signing, alg, json.RawMessage(lasting))
			if header, _, _ := strings.Cut(token, "."); header != encode([]byte(`{"alg":"`+alg+`","kid":"`+alg+`","typ":"JWT"}`)) {
				t.Errorf("%s: header %s", alg, header)
			}
			v := verifier(t, auth.Config{Keys: readKeys(t, "key.json", web.public().String())})
			if c, err := v.Verify(token, at); err != nil || c.Subject != "ann" {
				t.Errorf("%s: %+v, %v", alg, c, err)
			}
			refused(t, v, alg, token[:len(token)-8]+"AAAAAAAA", auth.TokenSignature)
		}
	}
	if tried != 13 {
		t.Errorf("%d algorithms were tried", tried)
	}
}

// TestPublished verifies the signed tokens of RFC 7515, appendices A.1 and A.3,
// with their keys: others agree on what a good signature is.
func TestPublished(t *testing.T) {
	const payload = ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	keys := readKeys(t, "keys.json", set(
		members{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
		members{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
	))
	v := verifier(t, auth.Config{Keys: keys, Issuer: "joe"})
	for _, token := range []string{
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" + payload + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		"eyJhbGciOiJFUzI1NiJ9" + payload + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
	} {
		c, err := v.Verify(token, time.Unix(1_300_819_379, 0))
		if err != nil || !c.Expires.Equal(time.Unix(1_300_819_380, 0)) {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

func TestTimes(t *testing.T) {
	key := secretKey(t, "")
	token := sign(t, key, "", json.RawMessage(`{"nbf":1900000000,"exp":1900000100}`))
	for _, tc := range []struct {
		leeway time.Duration
		now    int64 // seconds after nbf
		reason string
	}{
		{0, -31, auth.TokenNotYetValid},
		{0, -30, ""},
		{0, 129, ""},
		{0, 130, auth.TokenExpired},
		{-1, -1, auth.TokenNotYetValid},
		{-1, 0, ""},
		{-1, 99, ""},
		{-1, 100, auth.TokenExpired},
		{time.Minute, -60, ""},
		{time.Minute, 159, ""},
		{time.Minute, 160, auth.TokenExpired},
	} {
		v := verifier(t, auth.Config{Keys: []auth.Key{key}, Leeway: tc.leeway})
		_, err := v.Verify(token, at.Add(time.Duration(tc.now)*time.Second))
		if got := reason(err); got != tc.reason {
			t.Errorf("leeway %s, %d s after nbf: %q, want %q", tc.leeway, tc.now, got, tc.reason)
		}
	}
}

// reason returns that of a refusal, and "" for none.
func reason(err error) string {
	if e, ok := errors.AsType[*auth.Error](err); ok {
		return e.Reason
	}
	return ""
}

func TestIssuerAndAudience(t *testing.T) {
	key := secretKey(t, "")
	for _, tc := range []struct{ issuer, audience, payload, reason string }{
		{"", "", `{"exp":1900003600,"iss":"anybody","aud":"anywhere"}`, ""},
		{"shop", "", `{"exp":1900003600,"iss":"shop"}`, ""},
		{"shop", "", `{"exp":1900003600,"iss":"Shop"}`, auth.TokenIssuer},
		{"shop", "", `{"exp":1900003600,"iss":"shop "}`, auth.TokenIssuer},
		{"shop", "", `{"exp":1900003600}`, auth.TokenIssuer},
		{"", "chat", `{"exp":1900003600,"aud":"chat"}`, ""},
		{"", "chat", `{"exp":1900003600,"aud":["x","chat"]}`, ""},
		{"", "chat", `{"exp":1900003600,"aud":["x"]}`, auth.TokenAudience},
		{"", "chat", `{"exp":1900003600,"aud":[]}`, auth.TokenAudience},
		{"", "chat", `{"exp":1900003600,"aud":""}`, auth.TokenAudience},
		{"", "chat", `{"exp":1900003600,"aud":null}`, auth.TokenAudience},
		{"", "chat", `{"exp":1900003600}`, auth.TokenAudience},
	} {
		v := verifier(t, auth.Config{Keys: []auth.Key{key}, Issuer: tc.issuer, Audience: tc.audience})
		_, err := v.Verify(ours(`{"alg":"HS256"}`, tc.payload), at)
		if got := reason(err); got != tc.reason {
			t.Errorf("%q, %q, %s: %q, want %q", tc.issuer, tc.audience, tc.payload, got, tc.reason)
		}
	}
}

// TestRotation has an old key, a new one of the same sort, and one without an id.
func TestRotation(t *testing.T) {
	secret := func(id, letter string) auth.Key {
		k, err := auth.Secret(id, []byte(strings.Repeat(letter, 32)))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	old, fresh, nameless, gone := secret("old", "o"), secret("new", "n"), secret("", "x"), secret("gone", "g")
	v := verifier(t, auth.Config{Keys: []auth.Key{old, fresh, nameless}})
	for _, tc := range []struct {
		key    auth.Key
		kid    string
		reason string
	}{
		{old, "old", ""},
		{fresh, "new", ""},
		{old, "", ""},
		{fresh, "", ""},
		{nameless, "", ""},
		{fresh, "old", auth.TokenSignature},
		{old, "new", auth.TokenSignature},
		{gone, "", auth.TokenSignature},
		{gone, "gone", auth.TokenKeyUnknown},
		{nameless, "x", auth.TokenKeyUnknown},
	} {
		_, err := v.Verify(sign(t, tc.key, tc.kid, json.RawMessage(lasting)), at)
		if got := reason(err); got != tc.reason {
			t.Errorf("%v by kid %q: %q, want %q", tc.key, tc.kid, got, tc.reason)
		}
	}
}

// TestEmptyKid wants a token that names its key by nothing to mean no key, not
// even one without an id.
func TestEmptyKid(t *testing.T) {
	v := verifier(t, auth.Config{Keys: []auth.Key{secretKey(t, "")}})
	if _, err := v.Verify(ours(`{"alg":"HS256"}`, lasting), at); err != nil {
		t.Error(err)
	}
	refused(t, v, "an empty kid", ours(`{"alg":"HS256","kid":""}`, lasting), auth.TokenKeyUnknown)
}

func TestNewRefuses(t *testing.T) {
	key := secretKey(t, "")
	for name, cfg := range map[string]auth.Config{
		"no keys":       {},
		"an empty key":  {Keys: []auth.Key{key, {}}},
		"too many keys": {Keys: make([]auth.Key, auth.MaxKeys+1)},
		"much leeway":   {Keys: []auth.Key{key}, Leeway: auth.MaxLeeway + 1},
	} {
		if v, err := auth.New(cfg); err == nil || v != nil {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

// TestConcurrency is for the race detector.
func TestConcurrency(t *testing.T) {
	key := secretKey(t, "")
	v := verifier(t, auth.Config{Keys: append(readKeys(t, "rsa.pem", publicPEM(t, rsaKey(t, 2048))), key)})
	token := sign(t, key, "", json.RawMessage(lasting))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if _, err := v.Verify(token, at); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// TestLongTokensCostNothing wants one to be refused before anything is made of it.
func TestLongTokensCostNothing(t *testing.T) {
	v := verifier(t, auth.Config{Keys: []auth.Key{secretKey(t, "")}})
	for _, token := range []string{strings.Repeat("a", 1<<20), strings.Repeat(".", auth.MaxToken)} {
		// The error itself is all there is.
		if n := testing.AllocsPerRun(100, func() { _, _ = v.Verify(token, at) }); n > 1 {
			t.Errorf("%d bytes made %v allocations", len(token), n)
		}
	}
}
