package serve

import (
	"bytes"

	"github.com/parlor-sse/parlor/cluster/certs"
)

// maxSecret bounds a secret that is read from a file, in bytes.
const maxSecret = 4 << 10

// readSecret reads a file that holds a secret of at least so many bytes, and that
// certs.ReadSecret does not find open to others. A line end after it is none of it.
func readSecret(key, file string, least int) ([]byte, error) {
	secret, err := certs.ReadSecret(file)
	if err != nil {
		return nil, refuse(key, "can't use %s: %v", file, err)
	}
	secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	if len(secret) < least || len(secret) > maxSecret {
		return nil, refuse(key, "%s holds %d bytes, and a secret has %d to %d", file, len(secret), least, maxSecret)
	}
	return secret, nil
}
