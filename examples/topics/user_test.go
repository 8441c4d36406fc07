package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// sign returns a token with a payload, signed with a secret.
func sign(t *testing.T, secret, payload string) string {
	t.Helper()
	key, err := auth.Secret("", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	token, err := auth.Sign(key, "", json.RawMessage(payload))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// tokenOf returns a token of a user's, good for ever.
func tokenOf(t *testing.T, user string) string {
	t.Helper()
	return sign(t, testSecret, fmt.Sprintf(`{"sub":%q}`, user))
}

func testUsers(t *testing.T) *users {
	t.Helper()
	u, err := newUsers(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestWhoseToken(t *testing.T) {
	for payload, want := range map[string]user{
		`{"sub":"ann"}`: {id: "ann"},
		`{"id":"ann"}`:  {id: "ann"},
		`{"id":42}`:     {id: "42"},
		`{"user":{"id":"507f1f77bcf86cd799439011"}}`:       {id: "507f1f77bcf86cd799439011"},
		`{"user":{"id":7},"iat":1}`:                        {id: "7"},
		`{"sub":"ann","id":"bob","user":{"id":"eve"}}`:     {id: "ann"},
		`{"sub":"","id":"bob"}`:                            {id: "bob"},
		`{"sub":"a/b ü"}`:                                  {id: "a/b ü"},
		`{"sub":"ann","role":"admin"}`:                     {id: "ann", admin: true},
		`{"sub":"ann","isAdmin":true}`:                     {id: "ann", admin: true},
		`{"user":{"id":1,"role":"admin"}}`:                 {id: "1", admin: true},
		`{"user":{"id":1,"isAdmin":true}}`:                 {id: "1", admin: true},
		`{"sub":"ann","role":"user","isAdmin":"true"}`:     {id: "ann"},
		`{"sub":"ann","isAdmin":1,"role":["admin"]}`:       {id: "ann"},
		`{"sub":"ann","user":"admin"}`:                     {id: "ann"},
		`{"sub":"ann","exp":1800000001}`:                   {id: "ann", expires: time.Unix(1800000001, 0).UTC()},
		`{"sub":"ann","exp":1900000000}`:                   {id: "ann", expires: time.Unix(1900000000, 0).UTC()},
		`{"sub":"` + strings.Repeat("a", maxUserID) + `"}`: {id: strings.Repeat("a", maxUserID)},
	} {
		got, err := testUsers(t).of(sign(t, testSecret, payload), time.Unix(1800000000, 0))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", payload, got, err)
		}
	}
}

func TestNobodysToken(t *testing.T) {
	good := tokenOf(t, "ann")
	for name, token := range map[string]string{
		"nobody":         sign(t, testSecret, `{}`),
		"no text":        sign(t, testSecret, `{"id":["ann"]}`),
		"a fraction":     sign(t, testSecret, `{"id":1.5}`),
		"a large number": sign(t, testSecret, `{"id":1e9}`),
		"a long name":    sign(t, testSecret, `{"id":"`+strings.Repeat("a", maxUserID+1)+`"}`),
		"a line break":   sign(t, testSecret, `{"id":"a\nb"}`),
		"expired":        sign(t, testSecret, `{"sub":"ann","exp":1700000000}`),
		"just expired":   sign(t, testSecret, `{"sub":"ann","exp":1799999999}`),
		"expiring now":   sign(t, testSecret, `{"sub":"ann","exp":1800000000}`),
		"not yet":        sign(t, testSecret, `{"sub":"ann","nbf":1900000000}`),
		"another secret": sign(t, strings.Repeat("x", 32), `{"sub":"ann"}`),
		"changed":        good[:len(good)-4] + "AAAA",
		"none":           "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.",
		"no token":       "ann",
	} {
		if got, err := testUsers(t).of(token, time.Unix(1800000000, 0)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSecretsRefused(t *testing.T) {
	for _, secret := range []string{"", strings.Repeat("x", 31)} {
		if _, err := newUsers(secret); err == nil || !strings.Contains(err.Error(), secretName) {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

// TestWhereTokensAre has each place hold a token, or several the same, and wants two
// different ones to be refused.
func TestWhereTokensAre(t *testing.T) {
	const basic = "Basic YTpi"
	ann, bob := tokenOf(t, "ann"), tokenOf(t, "bob")
	query := func(tokens ...string) url.Values { return url.Values{tokenParam: tokens} }
	header := func(authorization, plain string) http.Header {
		return http.Header{"Authorization": {authorization}, tokenHeader: {plain}}
	}
	for name, tc := range map[string]struct {
		query           url.Values
		header          http.Header
		stream, request error // nil for ann
	}{
		"query":                  {query(ann), nil, nil, errURLToken},
		"query, twice":           {query(ann, ann), nil, nil, errURLToken},
		"query, two":             {query(ann, bob), nil, errTwoTokens, errURLToken},
		"query, empty":           {query(""), header("", ann), nil, errURLToken},
		"bearer":                 {nil, header("Bearer "+ann, ""), nil, nil},
		"plain":                  {nil, header("", ann), nil, nil},
		"everywhere":             {query(ann), header("bearer  "+ann, ann), nil, errURLToken},
		"query and bearer, two":  {query(ann), header("Bearer "+bob, ""), errTwoTokens, errURLToken},
		"query and plain, two":   {query(ann), header("", bob), errTwoTokens, errURLToken},
		"bearer and plain, two":  {nil, header("Bearer "+ann, bob), errTwoTokens, errTwoTokens},
		"basic":                  {nil, header(basic, ""), errNoToken, errNoToken},
		"basic and plain":        {nil, header(basic, ann), nil, nil},
		"basic and query":        {query(ann), header(basic, ""), nil, errURLToken},
		"basic, and two of them": {query(ann), header(basic, bob), errTwoTokens, errURLToken},
		"nowhere":                {nil, nil, errNoToken, errNoToken},
	} {
		u := testUsers(t)
		if got, err := u.ofStream(tc.query, tc.header.Get, time.Now()); !errors.Is(err, tc.stream) || (err == nil) != (got.id == "ann") {
			t.Errorf("%s: the stream of %q, %v", name, got.id, err)
		}
		if got, err := u.ofRequest(tc.query, tc.header.Get, time.Now()); !errors.Is(err, tc.request) || (err == nil) != (got.id == "ann") {
			t.Errorf("%s: a request of %q, %v", name, got.id, err)
		}
	}
}
