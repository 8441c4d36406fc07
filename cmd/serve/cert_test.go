package serve

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cluster/gossip"
)

// certDir returns a directory with an authority of its own, the certificates and
// keys of the nodes, and a key of gossip, as parlor cert names them.
func certDir(t *testing.T, nodes ...string) string {
	t.Helper()
	dir, now := t.TempDir(), time.Now()
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	authority, err := certs.NewAuthority(now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM, err := authority.PEM()
	if err != nil {
		t.Fatal(err)
	}
	write("ca.pem", certPEM)
	write("ca-key.pem", keyPEM)
	write("gossip.key", []byte(base64.StdEncoding.EncodeToString(gossip.NewKey())+"\n"))
	for _, n := range nodes {
		if certPEM, keyPEM, err = authority.Issue(n, now, time.Hour); err != nil {
			t.Fatal(err)
		}
		write(n+".pem", certPEM)
		write(n+"-key.pem", keyPEM)
	}
	return dir
}
