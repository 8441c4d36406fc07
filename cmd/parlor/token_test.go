package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// tokenSecret makes a secret and returns its file.
func tokenSecret(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tokens.key")
	got := parlor(t, []string{"token", "secret", "--out", file})
	if got.code != cli.ExitOK || got.stderr != "" || !strings.Contains(got.stdout, file) {
		t.Fatalf("parlor token secret: %+v", got)
	}
	return file
}

// token runs parlor token and returns what it prints.
func token(t *testing.T, args ...string) string {
	t.Helper()
	got := parlor(t, append([]string{"token"}, args...))
	if got.code != cli.ExitOK || got.stderr != "" || strings.Count(got.stdout, "\n") != 1 {
		t.Fatalf("parlor token %v: %+v", args, got)
	}
	return strings.TrimSpace(got.stdout)
}

// verified returns what a token says that is signed with the key of a file.
func verified(t *testing.T, file, token string, cfg auth.Config) *auth.Claims {
	t.Helper()
	keys, err := auth.ReadKeyFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Keys = keys
	v, err := auth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := v.Verify(token, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestToken(t *testing.T) {
	file := tokenSecret(t)
	text := token(t, "--key-file", file, "--sub", "ann", "--iss", "shop", "--aud", "chat", "--ttl", "2h", "--presence",
		"--subscribe", "news-*, lobby", "--subscribe", "hall", "--publish", "lobby", "--kind", "room,counter")
	c := verified(t, file, text, auth.Config{Issuer: "shop", Audience: "chat"})
	if left := time.Until(c.Expires); left < 119*time.Minute || left > 2*time.Hour {
		t.Errorf("it is valid for %s", left)
	}
	got := auth.Grants{Subscribe: c.Subscribe, Publish: c.Publish, Presence: c.Presence, Kinds: c.Kinds}
	want := auth.Grants{Subscribe: []string{"news-*", "lobby", "hall"}, Publish: []string{"lobby"}, Presence: true, Kinds: []string{"room", "counter"}}
	if c.Subject != "ann" || !reflect.DeepEqual(got, want) {
		t.Errorf("user %q, grants %+v, want %+v", c.Subject, got, want)
	}
	bare := verified(t, file, token(t, "--key-file", file), auth.Config{})
	if bare.Subject != "" || bare.MaySubscribe("room", "lobby") || bare.MayPublish("room", "lobby") || bare.All() {
		t.Errorf("without flags: %+v", bare)
	}
}

// TestTokenNamesItsKey wants a token to name its key only where the servers are
// sure to know it by that name.
func TestTokenNamesItsKey(t *testing.T) {
	secret := tokenSecret(t)
	web := filepath.Join(t.TempDir(), "web.json")
	if err := os.WriteFile(web, []byte(`{"kty":"oct","kid":"k1","k":"`+strings.Repeat("QUJD", 20)+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--key-file", secret}, `{"alg":"HS256","typ":"JWT"}`},
		{[]string{"--key-file", secret, "--kid", "tokens"}, `{"alg":"HS256","kid":"tokens","typ":"JWT"}`},
		{[]string{"--key-file", web}, `{"alg":"HS256","kid":"k1","typ":"JWT"}`},
		{[]string{"--key-file", web, "--kid", "k2"}, `{"alg":"HS256","kid":"k2","typ":"JWT"}`},
	} {
		header, _, err := auth.Decode(token(t, tc.args...))
		if err != nil || string(header) != tc.want {
			t.Errorf("%v: %s, %v; want %s", tc.args, header, err, tc.want)
		}
	}
}

func TestTokenRefuses(t *testing.T) {
	file := tokenSecret(t)
	dir := t.TempDir()
	exposed, short := filepath.Join(dir, "exposed"), filepath.Join(dir, "short")
	for path, content := range map[string]string{exposed: strings.Repeat("x", 32), short: "short"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(exposed, 0o644); err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(certDir(t, "n1"), "n1.pem")
	with := func(args ...string) []string { return append([]string{"--key-file", file}, args...) }
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no key", nil, cli.ExitUsage, "key-file: is required"},
		{"no such key", []string{"--key-file", filepath.Join(dir, "none")}, cli.ExitFailure, "none"},
		{"a short key", []string{"--key-file", short}, cli.ExitUsage, "fewer than 32"},
		{"an exposed key", []string{"--key-file", exposed}, cli.ExitUsage, "mode is 0644"},
		{"a public key", []string{"--key-file", public}, cli.ExitUsage, "public keys only"},
		{"a room that can't be", with("--subscribe", "a/b"), cli.ExitUsage, "token_claims"},
		{"a star in the middle", with("--publish", "a*b"), cli.ExitUsage, "token_claims"},
		{"a kind that can't be", with("--kind", "a/b"), cli.ExitUsage, "token_claims"},
		{"an empty item", with("--subscribe", "a,,b"), cli.ExitUsage, "--subscribe"},
		{"a user of two lines", with("--sub", "a\nb"), cli.ExitUsage, "token_claims"},
		{"no time", with("--ttl", "0s"), cli.ExitUsage, "ttl: "},
		{"time gone by", with("--ttl", "-1h"), cli.ExitUsage, "ttl: "},
		{"for ever", with("--ttl", "90000h"), cli.ExitUsage, "ttl: "},
		{"a token too long", with("--aud", strings.Repeat("x", 9000)), cli.ExitFailure, "more than 8192"},
		{"an argument", with("explain"), cli.ExitUsage, "wrong number of arguments"},
		{"an old secret", []string{"secret", "--out", file}, cli.ExitUsage, "is there already"},
		{"no folder for a secret", []string{"secret", "--out", filepath.Join(dir, "a", "b")}, cli.ExitFailure, "a/b"},
		{"a secret's argument", []string{"secret", "x"}, cli.ExitUsage, "parlor token secret"},
		{"nothing to explain", []string{"explain"}, cli.ExitUsage, "parlor token explain"},
		{"no token to explain", []string{"explain", "x"}, cli.ExitFailure, "token_malformed"},
		{"an empty standard input", []string{"explain", "-"}, cli.ExitFailure, "token_malformed"},
		{"an issuer without a key", []string{"explain", "--iss", "a", "x"}, cli.ExitUsage, "key-file: is required"},
		{"a bad key to verify with", []string{"explain", "--key-file", short, "x"}, cli.ExitUsage, "fewer than 32"},
		{"no key to verify with", []string{"explain", "--key-file", filepath.Join(dir, "none"), "x"}, cli.ExitFailure, "none"},
		{"much leeway", []string{"explain", "--key-file", file, "--leeway", "2h", "x"}, cli.ExitUsage, "leeway: "},
	} {
		got := parlor(t, append([]string{"token"}, tc.args...))
		if got.code != tc.code || got.stdout != "" || !strings.Contains(got.stderr, tc.want) {
			t.Errorf("%s: %+v, want code %d and %q", tc.name, got, tc.code, tc.want)
		}
	}
}

func TestTokenSecret(t *testing.T) {
	first, second := token(t, "secret"), token(t, "secret")
	if len(first) != 43 || first == second {
		t.Errorf("secrets %q and %q", first, second)
	}
	info, err := os.Stat(tokenSecret(t))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
}

func TestTokenHelp(t *testing.T) {
	for _, form := range []string{"explain", "secret"} {
		got := parlor(t, []string{"token", form, "--help"})
		if got.code != cli.ExitOK || got.stderr != "" || !strings.Contains(got.stdout, "parlor token "+form+" [FLAGS]") {
			t.Errorf("%s: %+v", form, got)
		}
	}
}
