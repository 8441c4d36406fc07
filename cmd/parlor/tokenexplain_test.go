package main

import (
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

func TestTokenExplain(t *testing.T) {
	file, other := tokenSecret(t), tokenSecret(t)
	text := token(t, "--key-file", file, "--sub", "ann", "--iss", "shop", "--subscribe", "news-*", "--publish", "a,b", "--kind", "*", "--presence")
	signature := text[strings.LastIndexByte(text, '.')+1:]
	for _, tc := range []struct {
		args string
		code int
		want []string // a part of either output each
	}{
		{text, cli.ExitOK, []string{
			`header         {"alg":"HS256","typ":"JWT"}`, `payload        {"iss":"shop","sub":"ann"`, "user           ann\n", "issuer         shop\n", ", in ",
			"may listen to  news-*\n", "may publish to a, b\n", "of kinds       *\n", "sees listeners yes\n", "verified       no, there is no --key-file\n",
		}},
		{"--key-file " + file + " " + text, cli.ExitOK, []string{"verified       yes\n"}},
		{"--key-file " + other + "," + file + " " + text, cli.ExitOK, []string{"verified       yes\n"}},
		{"--key-file " + other + " --key-file " + file + " --iss shop --leeway 0s " + text, cli.ExitOK, []string{"verified       yes\n"}},
		{"--key-file " + other + " " + text, cli.ExitFailure, []string{"user           ann\n", "verified       no\n", "refused: token_signature: "}},
		{"--key-file " + file + " --aud chat " + text, cli.ExitFailure, []string{"verified       no\n", "refused: token_audience: "}},
		{"--key-file " + file + " --iss inn " + text, cli.ExitFailure, []string{"verified       no\n", "refused: token_issuer: "}},
		{"--key-file " + file + " " + strings.Replace(text, ".", ".e", 1), cli.ExitFailure, []string{"token_malformed: "}},
	} {
		got := parlor(t, append([]string{"token", "explain"}, strings.Fields(tc.args)...))
		if got.code != tc.code || (got.stderr == "") != (tc.code == cli.ExitOK) {
			t.Errorf("%s: %+v, want code %d", tc.args, got, tc.code)
		}
		for _, want := range tc.want {
			if !strings.Contains(got.stdout+got.stderr, want) {
				t.Errorf("%s: %+v, want %q", tc.args, got, want)
			}
		}
		if strings.Contains(got.stdout+got.stderr, signature) {
			t.Errorf("%s: the signature is printed: %+v", tc.args, got)
		}
	}
	if got := parlorIn(t.Context(), " "+text+"\n", []string{"token", "explain", "--key-file", file, "-"}); got.code != cli.ExitOK || !strings.Contains(got.stdout, "verified       yes\n") {
		t.Errorf("from standard input: %+v", got)
	}
	if got := parlorIn(t.Context(), strings.Repeat("x", 20000), []string{"token", "explain", "-"}); got.code != cli.ExitFailure || !strings.Contains(got.stderr, "longer than any token") {
		t.Errorf("from a long standard input: %+v", got)
	}
}

// TestExplain takes tokens that parlor token does not make.
func TestExplain(t *testing.T) {
	key, err := auth.Secret("", []byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_900_000_000, 0)
	for _, tc := range []struct {
		payload map[string]any
		want    string
	}{
		{map[string]any{}, "expires        never, so that no server takes it\n"},
		{map[string]any{"exp": 1_900_000_090}, "expires        2030-03-17T17:48:10Z, in 1m30s\n"},
		{map[string]any{"exp": 1_899_999_990}, "expires        2030-03-17T17:46:30Z, 10s ago\n"},
		{map[string]any{"exp": 1e300}, "expires        at no time that there is\n"},
		{map[string]any{"exp": -1}, "expires        at no time that there is\n"},
		{map[string]any{"exp": 1, "nbf": 1_900_000_001}, "not before     2030-03-17T17:46:41Z, in 1s\n"},
		{map[string]any{"exp": 1, "aud": []string{"a", "b"}}, "audience       [\"a\",\"b\"]\n"},
		{map[string]any{"exp": 1, "sub": "\x1b[31mred"}, `user           \u001b[31mred` + "\n"},
		{map[string]any{"exp": "soon"}, "claims         some are not of the type that they should be\n"},
		{map[string]any{"exp": 1}, "may listen to  -\nmay publish to -\nof kinds       the default kind\nsees listeners no\n"},
	} {
		text, err := auth.Sign(key, "", tc.payload)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := explain(&out, text, nil, now); err != nil || !strings.Contains(out.String(), tc.want) {
			t.Errorf("%v: %v, %q; want %q", tc.payload, err, out.String(), tc.want)
		}
		if strings.ContainsRune(out.String(), '\x1b') {
			t.Errorf("%v steers the terminal: %q", tc.payload, out.String())
		}
	}
}
