package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// TestTokenFile has every command that talks to a server show its token, which is
// read anew for each request.
func TestTokenFile(t *testing.T) {
	var shown []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = append(shown, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"success":false,"error":"token_expired","message":"The token has expired."}`))
	}))
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "token")
	for i, args := range [][]string{{"rooms"}, {"members"}, {"publish", "a", "{}"}, {"tail", "a"}} {
		token := strings.Repeat("t", i+1)
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		shown = nil
		var stdout, stderr strings.Builder
		code := run(t.Context(), args, process{
			stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
			environ: []string{"PARLOR_SERVER=" + s.URL, "PARLOR_TOKEN_FILE=" + file},
		})
		if code == cli.ExitOK || len(shown) == 0 || shown[0] != "Bearer "+token || !strings.Contains(stderr.String(), "token_expired") {
			t.Errorf("%v: code %d, shown %q, said %q", args, code, shown, stderr.String())
		}
	}
}

// TestTokenFileIsNone gives files without one token.
func TestTokenFileIsNone(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "\n", "two": "a b\n", "long": strings.Repeat("a", 9<<10)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.ReadTokenFile(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := auth.ReadTokenFile(filepath.Join(dir, "none")); err == nil {
		t.Error("no file: no error")
	}
}
