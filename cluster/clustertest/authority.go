package clustertest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
)

// Authority makes nodes' certificates.
type Authority struct {
	t testing.TB
	a *certs.Authority
}

// NewAuthority returns one that others do not trust.
func NewAuthority(t testing.TB) Authority {
	t.Helper()
	a, err := certs.NewAuthority(time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return Authority{t, a}
}

// Issue returns the identity of a node, kept in files of the test.
func (a Authority) Issue(node string) *certs.Identity {
	a.t.Helper()
	cert, key, err := a.a.Issue(node, time.Now(), time.Hour)
	ca, _, caErr := a.a.PEM()
	if err := errors.Join(err, caErr); err != nil {
		a.t.Fatal(err)
	}
	dir := a.t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			a.t.Fatal(err)
		}
		return path
	}
	id, err := certs.Load(write("cert.pem", cert), write("key.pem", key), write("ca.pem", ca), node)
	if err != nil {
		a.t.Fatal(err)
	}
	return id
}
