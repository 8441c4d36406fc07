package history

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest returns what stands for a message's event name and data: SHA-256 of the
// one followed by the other, in hex. parlor inspect prints the same.
func Digest(event string, data []byte) string {
	h := sha256.New()
	h.Write([]byte(event))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}
