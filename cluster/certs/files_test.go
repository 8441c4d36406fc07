package certs_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
)

// authority returns a fresh one that lasts for a day.
func authority(t testing.TB) *certs.Authority {
	t.Helper()
	a, err := certs.NewAuthority(time.Now(), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// nodeFiles is what Load reads.
type nodeFiles struct{ cert, key, ca string }

// node writes what a node of the authority needs, valid for an hour from now on.
func node(t testing.TB, a *certs.Authority, name string) nodeFiles {
	t.Helper()
	return nodeAt(t, a, name, time.Now())
}

func nodeAt(t testing.TB, a *certs.Authority, name string, now time.Time) nodeFiles {
	t.Helper()
	dir := t.TempDir()
	f := nodeFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")}
	f.issue(t, a, name, now)
	ca, _, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	write(t, f.ca, ca)
	return f
}

// issue replaces certificate and key, and leaves the authorities as they are.
func (f nodeFiles) issue(t testing.TB, a *certs.Authority, name string, now time.Time) {
	t.Helper()
	cert, key, err := a.Issue(name, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	write(t, f.cert, cert)
	write(t, f.key, key)
}

func (f nodeFiles) load(t testing.TB, name string) *certs.Identity {
	t.Helper()
	id, err := certs.Load(f.cert, f.key, f.ca, name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// write puts a new file in the place of any old one, as careful tools do.
func write(t testing.TB, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t testing.TB, certPEM []byte) *x509.Certificate {
	t.Helper()
	var der []byte
	if block, _ := pem.Decode(certPEM); block != nil {
		der = block.Bytes
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
