package serve

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// TestKeysAreReadAgain replaces the key in its file, and then spoils the file.
func TestKeysAreReadAgain(t *testing.T) {
	file := writeFile(t, "tokens.key", strings.Repeat("a", 32))
	cfg, err := load(t, []string{"--jwt-key-file", file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	verified := func(secret string) bool {
		key, err := auth.Secret("", []byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		token, err := auth.Sign(key, "", map[string]any{"exp": time.Now().Add(time.Minute).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		_, err = cfg.access.tokens.Verify(token, time.Now())
		var no *auth.Error
		if err != nil && !errors.As(err, &no) {
			t.Fatal(err)
		}
		return err == nil
	}
	before, after := strings.Repeat("a", 32), strings.Repeat("b", 32)
	if !verified(before) || verified(after) {
		t.Error("not the key in the file")
	}
	for _, content := range []string{after, "short"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := cfg.access.refresh(); (err == nil) != (content == after) {
			t.Errorf("%q: %v", content, err)
		}
		if verified(before) || !verified(after) {
			t.Errorf("%q: not the key that was in the file", content)
		}
	}
}
