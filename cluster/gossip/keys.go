package gossip

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/hashicorp/memberlist"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// maxKeyFile bounds a key file, in bytes.
const maxKeyFile = 64 << 10

// NewKey returns a random key of 32 bytes.
func NewKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // ends the process rather than fail
	return key
}

// ReadKeys reads a key file: one key of 16, 24 or 32 bytes a line, in
// hexadecimal or base64, the one that encrypts first; empty lines and lines
// that begin with # do not count. It refuses a file that is open to others, as
// secretfile.Closed has it, and everything else that is wrong, with ErrKeyFile and a
// sentence that never shows a key.
func ReadKeys(file string) ([][]byte, error) {
	text, err := secretfile.Read(file, maxKeyFile, secretfile.Closed)
	switch {
	case errors.Is(err, secretfile.ErrExposed):
		return nil, fmt.Errorf("read gossip keys: %s: %w: %w", file, ErrKeyFile, err)
	case errors.Is(err, secretfile.ErrTooLarge):
		return nil, fmt.Errorf("read gossip keys: %s is larger than %d bytes: %w", file, maxKeyFile, ErrKeyFile)
	case err != nil:
		return nil, fmt.Errorf("read gossip keys: %w", err)
	}
	keys, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("read gossip keys: %s: %w", file, err)
	}
	return keys, nil
}

func parseKeys(text []byte) ([][]byte, error) {
	var keys [][]byte
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, ok := parseKey(string(line))
		switch {
		case !ok:
			return nil, fmt.Errorf("line %d is neither hexadecimal nor base64: %w", number, ErrKeyFile)
		case memberlist.ValidateKey(key) != nil:
			return nil, fmt.Errorf("line %d is a key of %d bytes, not 16, 24 or 32: %w", number, len(key), ErrKeyFile)
		}
		if !contains(keys, key) {
			keys = append(keys, key)
		}
	}
	switch {
	case len(keys) == 0:
		return nil, fmt.Errorf("it has no keys: %w", ErrKeyFile)
	case len(keys) > MaxKeys:
		return nil, fmt.Errorf("it has %d keys, more than %d: %w", len(keys), MaxKeys, ErrKeyFile)
	}
	return keys, nil
}

// parseKey reads hexadecimal before base64: a random key whose base64 has only
// hexadecimal digits does not happen.
func parseKey(line string) ([]byte, bool) {
	if key, err := hex.DecodeString(line); err == nil {
		return key, true
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(line); err == nil {
			return key, true
		}
	}
	return nil, false
}
