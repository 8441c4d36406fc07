package sseclients

import (
	"fmt"

	"github.com/parlor-sse/parlor/actors/sse"
)

// MaxKeyLen bounds a key, in bytes.
const MaxKeyLen = 128

// checkKey returns an ErrBadKey for what is not a key.
func checkKey(key string) error {
	if len(key) == 0 || len(key) > MaxKeyLen {
		return fmt.Errorf("%w: 1 to %d bytes", ErrBadKey, MaxKeyLen)
	}
	for i := range len(key) {
		if !sse.NameByte(key[i]) {
			return fmt.Errorf("%w: byte %d is not one of A-Z a-z 0-9 . _ : ~ @ -", ErrBadKey, i)
		}
	}
	return nil
}
