package history

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Digest returns what stands for a message's event name and data: SHA-256 of the
// one followed by the other, in hex. parlor inspect prints the same.
func Digest(event string, data []byte) string {
	h := sha256.New()
	h.Write([]byte(event))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// UUID returns the message that some data is of; empty if it is none of the
// harness's.
func UUID(data []byte) string {
	var m struct {
		UUID string `json:"uuid"`
	}
	if json.Unmarshal(data, &m) != nil {
		return ""
	}
	return m.UUID
}
