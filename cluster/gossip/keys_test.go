package gossip_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/gossip"
	"github.com/parlor-sse/parlor/cluster/secretfile"
)

func TestNewKey(t *testing.T) {
	a, b := gossip.NewKey(), gossip.NewKey()
	if len(a) != 32 || bytes.Equal(a, b) {
		t.Errorf("got %x and %x", a, b)
	}
}

func TestReadKeys(t *testing.T) {
	key := func(n int, b byte) []byte { return bytes.Repeat([]byte{b}, n) }
	inHex := hex.EncodeToString
	inBase64 := base64.StdEncoding.EncodeToString
	tests := []struct {
		name, text string
		want       [][]byte // nil for an error
		says       string
	}{
		{"one in hexadecimal", inHex(key(32, 0xa1)), [][]byte{key(32, 0xa1)}, ""},
		{"one in base64", inBase64(key(32, 0xfb)) + "\n", [][]byte{key(32, 0xfb)}, ""},
		{"of base64 for URLs, unpadded", base64.RawURLEncoding.EncodeToString(key(16, 0xfb)), [][]byte{key(16, 0xfb)}, ""},
		{"several, with comments", "# new\n" + inBase64(key(32, 1)) + "\r\n\n  " + inHex(key(24, 2)) + "\n#" + inHex(key(16, 3)),
			[][]byte{key(32, 1), key(24, 2)}, ""},
		{"one twice", inHex(key(16, 9)) + "\n" + inBase64(key(16, 9)), [][]byte{key(16, 9)}, ""},
		{"empty", "\n# nothing\n", nil, "no keys"},
		{"short", inHex(key(32, 1)) + "\n" + inHex(key(8, 0xee)), nil, "line 2 is a key of 8 bytes"},
		{"long", inBase64(key(64, 0xee)), nil, "64 bytes"},
		{"a password", "correct horse battery staple", nil, "line 1 is neither"},
		{"too many", manyKeys(gossip.MaxKeys + 1), nil, "more than"},
		{"huge", strings.Repeat("#\n", 40<<10), nil, "larger than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := gossip.ReadKeys(file)
			if tt.want != nil {
				if err != nil || !slices.EqualFunc(got, tt.want, bytes.Equal) {
					t.Errorf("got %x, %v", got, err)
				}
				return
			}
			if !errors.Is(err, gossip.ErrKeyFile) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %x, %v", got, err)
			}
			if err != nil && (strings.Contains(err.Error(), "ee") && strings.Contains(err.Error(), inHex(key(8, 0xee))) || strings.Contains(err.Error(), "horse")) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func manyKeys(n int) string {
	var text strings.Builder
	for range n {
		text.WriteString(hex.EncodeToString(gossip.NewKey()) + "\n")
	}
	return text.String()
}

func TestReadKeysRefusesOpenFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte(hex.EncodeToString(gossip.NewKey())), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, ok := range map[os.FileMode]bool{
		0o600: true, 0o400: true, 0o700: true, 0o640: false, 0o604: false, 0o620: false, 0o644: false, 0o601: false,
	} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := gossip.ReadKeys(file)
		if (err == nil) != ok || err != nil && !(errors.Is(err, gossip.ErrKeyFile) && errors.Is(err, secretfile.ErrExposed)) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if _, err := gossip.ReadKeys(file + "s"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
