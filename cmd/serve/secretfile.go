package serve

import (
	"bytes"
	"io"
	"os"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// maxSecretFile bounds a file that holds one secret, in bytes.
const maxSecretFile = 4 << 10

// readSecret reads a file that holds a secret of at least so many bytes, and that
// is not open to others, as secretfile.Exposed has it. A line end after it is none of it.
func readSecret(key, file string, least int) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, refuse(key, "%v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, refuse(key, "%v", err)
	}
	if secretfile.Exposed(info) {
		return nil, refuse(key, "%s is open to others than its owner (mode %04o); chmod 600 helps", file, info.Mode().Perm())
	}
	secret, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return nil, refuse(key, "%v", err)
	}
	secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	if len(secret) < least || len(secret) > maxSecretFile {
		return nil, refuse(key, "%s holds %d bytes, and a secret has %d to %d", file, len(secret), least, maxSecretFile)
	}
	return secret, nil
}
