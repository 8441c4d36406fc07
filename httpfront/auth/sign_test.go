package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

func TestSignRefuses(t *testing.T) {
	public := readKeys(t, "ed.pem", publicPEM(t, edKey(t)))[0]
	if _, err := auth.Sign(public, "", struct{}{}); !errors.Is(err, auth.ErrKey) {
		t.Errorf("with a public key: %v", err)
	}
	if _, err := auth.Sign(auth.Key{}, "", struct{}{}); !errors.Is(err, auth.ErrKey) {
		t.Errorf("with an empty key: %v", err)
	}
	for name, payload := range map[string]any{
		"nothing":        nil,
		"a list":         []int{1},
		"a channel":      make(chan int),
		"a long payload": map[string]string{"sub": strings.Repeat("x", auth.MaxToken)},
	} {
		if token, err := auth.Sign(secretKey(t, ""), "", payload); err == nil || token != "" {
			t.Errorf("%s: %q, %v", name, token, err)
		}
	}
}

func TestDecode(t *testing.T) {
	token := ours(`{"alg": "HS256"}`, `{"exp": 1}`)
	header, payload, err := auth.Decode(token)
	if err != nil || string(header) != `{"alg": "HS256"}` || string(payload) != `{"exp": 1}` {
		t.Errorf("%s, %s, %v", header, payload, err)
	}
	for _, bad := range []string{
		"", "..", token + ".", token + "!", ours(`[]`, `{}`), ours(`{}`, `[]`), ours(`{}`, ``), ours(`{}`, `{"a":1,"a":2}`),
		strings.Repeat("a", auth.MaxToken+1), token[:len(token)-2] + "-_",
	} {
		if _, _, err := auth.Decode(bad); reason(err) == "" {
			t.Errorf("%.80s: %v", bad, err)
		}
	}
}
