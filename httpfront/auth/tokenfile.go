package auth

import (
	"errors"
	"fmt"
	"strings"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// ReadTokenFile returns the token that a file holds: one of at most MaxToken bytes,
// with nothing but space around it. What is wrong with the content is ErrTokenFile;
// the error shows nothing of it.
func ReadTokenFile(path string) (string, error) {
	content, err := secretfile.Read(path, MaxToken+maxTokenSpace, nil)
	switch {
	case errors.Is(err, secretfile.ErrTooLarge):
		return "", fmt.Errorf("%s: %w", path, ErrTokenFile)
	case err != nil:
		return "", err
	}
	token := strings.TrimSpace(string(content))
	if token == "" || len(token) > MaxToken || strings.ContainsFunc(token, notInToken) {
		return "", fmt.Errorf("%s: %w", path, ErrTokenFile)
	}
	return token, nil
}

// maxTokenSpace bounds the space around a token in its file, in bytes.
const maxTokenSpace = 64

// ErrTokenFile reports a file that does not hold one token and nothing else.
var ErrTokenFile = fmt.Errorf("it does not hold one token of at most %d bytes, and nothing else", MaxToken)

func notInToken(r rune) bool { return r <= ' ' || r > '~' }
