package certs_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cluster/secretfile"
)

func TestLoad(t *testing.T) {
	a := authority(t)
	f := node(t, a, "n1")
	id := f.load(t, "n1")
	if id.Name() != "n1" {
		t.Errorf("name %q", id.Name())
	}
	if want := parse(t, content(t, f.cert)).NotAfter; !id.NotAfter().Equal(want) {
		t.Errorf("ends at %s, want %s", id.NotAfter(), want)
	}
	// Certificate and key in one file, with the authority for good measure.
	all := bytes.Join([][]byte{content(t, f.cert), content(t, f.ca), content(t, f.key)}, nil)
	write(t, f.key, all)
	if _, err := certs.Load(f.key, f.key, f.ca, "n1"); err != nil {
		t.Error(err)
	}
}

// TestLoadRefuses wants the error that says what is wrong, about the file that
// is at fault, in one sentence.
func TestLoadRefuses(t *testing.T) {
	a, foreign := authority(t), authority(t)
	for _, tc := range []struct {
		name  string
		spoil func(f *nodeFiles)
		want  error
		file  func(f nodeFiles) string
	}{
		{"for another node", func(f *nodeFiles) { f.issue(t, a, "n2", time.Now()) }, certs.ErrName, cert},
		{"for two nodes", func(f *nodeFiles) {
			f.cert, f.key = twoFiles(t, a, func(c *x509.Certificate) { c.DNSNames = []string{"n1", "n2"} })
		}, certs.ErrName, cert},
		{"expired", func(f *nodeFiles) { f.issue(t, a, "n1", time.Now().Add(-2*time.Hour)) }, certs.ErrExpired, cert},
		{"not yet valid", func(f *nodeFiles) { f.issue(t, a, "n1", time.Now().Add(2*time.Hour)) }, certs.ErrNotYet, cert},
		{"of a foreign authority", func(f *nodeFiles) { f.issue(t, foreign, "n1", time.Now()) }, certs.ErrAuthority, cert},
		{"for servers only", func(f *nodeFiles) {
			f.cert, f.key = twoFiles(t, a, func(c *x509.Certificate) {
				c.DNSNames, c.ExtKeyUsage = []string{"n1"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
			})
		}, certs.ErrUsage, cert},
		{"another's key", func(f *nodeFiles) { f.key = node(t, a, "n1").key }, certs.ErrKeyMismatch, key},
		{"key for all to read", func(f *nodeFiles) { chmod(t, f.key, 0o644) }, secretfile.ErrExposed, key},
		{"key for the group to read", func(f *nodeFiles) { chmod(t, f.key, 0o640) }, secretfile.ErrExposed, key},
		{"key for all to write", func(f *nodeFiles) { chmod(t, f.key, 0o602) }, secretfile.ErrExposed, key},
		{"empty key", func(f *nodeFiles) { write(t, f.key, nil) }, certs.ErrEmpty, key},
		{"key that is a certificate", func(f *nodeFiles) { write(t, f.key, content(t, f.cert)) }, certs.ErrKeyMismatch, key},
		{"empty certificate", func(f *nodeFiles) { write(t, f.cert, []byte("hello\n")) }, certs.ErrEmpty, cert},
		{"no authority", func(f *nodeFiles) { write(t, f.ca, content(t, f.key)) }, certs.ErrEmpty, ca},
		{"huge authority", func(f *nodeFiles) { write(t, f.ca, make([]byte, 1<<20+1)) }, certs.ErrTooLarge, ca},
		{"no certificate file", func(f *nodeFiles) { f.cert = "/no" }, fs.ErrNotExist, cert},
		{"no key file", func(f *nodeFiles) { f.key = "/no" }, fs.ErrNotExist, key},
		{"no authority file", func(f *nodeFiles) { f.ca = "/no" }, fs.ErrNotExist, ca},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := node(t, a, "n1")
			tc.spoil(&f)
			id, err := certs.Load(f.cert, f.key, f.ca, "n1")
			if id != nil || !errors.Is(err, tc.want) {
				t.Fatalf("got %v, %v, want %v", id, err, tc.want)
			}
			var at *certs.FileError
			if !errors.As(err, &at) || at.File != tc.file(f) {
				t.Errorf("%v is not about %s", err, tc.file(f))
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than a line", err)
			}
		})
	}
}

func cert(f nodeFiles) string { return f.cert }
func key(f nodeFiles) string  { return f.key }
func ca(f nodeFiles) string   { return f.ca }

func twoFiles(t testing.TB, a *certs.Authority, change func(*x509.Certificate)) (certFile, keyFile string) {
	t.Helper()
	certPEM, keyPEM := pemOf(t, custom(t, a, change))
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, certPEM)
	write(t, keyFile, keyPEM)
	return certFile, keyFile
}

func chmod(t testing.TB, file string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// TestCertificatesAreReplaced replaces a node's certificate and key while it is
// at work: the next handshake shows the new one.
func TestCertificatesAreReplaced(t *testing.T) {
	a := authority(t)
	f1, f2 := node(t, a, "n1"), node(t, a, "n2")
	n1, n2 := f1.load(t, "n1"), f2.load(t, "n2")
	server, client := n1.Server(), n2.Client("n1")
	for range 3 {
		f1.issue(t, a, "n1", time.Now())
		f2.issue(t, a, "n2", time.Now())
		n1.LookAgain()
		n2.LookAgain()
		atServer, atClient := handshake(t, server, client)
		if atServer.err != nil || atClient.err != nil {
			t.Fatalf("server %v, client %v", atServer.err, atClient.err)
		}
		if !atClient.state.PeerCertificates[0].Equal(parse(t, content(t, f1.cert))) {
			t.Error("the server shows an old certificate")
		}
		if !atServer.state.PeerCertificates[0].Equal(parse(t, content(t, f2.cert))) {
			t.Error("the client shows an old certificate")
		}
	}
}

// TestReplacementIsJudged keeps what is in use until what the files hold would
// do as well.
func TestReplacementIsJudged(t *testing.T) {
	a := authority(t)
	f, old := node(t, a, "n1"), node(t, a, "n1")
	id := f.load(t, "n1")
	inUse := parse(t, content(t, f.cert))
	serves := func() *x509.Certificate {
		_, got := handshake(t, id.Server(), id.Client(""))
		if got.err != nil {
			t.Fatal(got.err)
		}
		return got.state.PeerCertificates[0]
	}

	write(t, f.cert, content(t, old.cert)) // and the key is still another
	if err := id.Refresh(); !errors.Is(err, certs.ErrKeyMismatch) || !serves().Equal(inUse) {
		t.Errorf("half of a replacement: %v", err)
	}
	if err := id.Refresh(); !errors.Is(err, certs.ErrKeyMismatch) {
		t.Errorf("half of a replacement is complained of once only: %v", err)
	}
	write(t, f.key, content(t, old.key))
	if err := id.Refresh(); err != nil || serves().Equal(inUse) {
		t.Errorf("a whole replacement: %v", err)
	}
	if err := os.Remove(f.ca); err != nil {
		t.Fatal(err)
	}
	if err := id.Refresh(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file gone: %v", err)
	}
	serves()
}

// TestAuthorityIsReplaced moves two nodes from one authority to another, one
// after the other, and none is refused at any step.
func TestAuthorityIsReplaced(t *testing.T) {
	before, after := authority(t), authority(t)
	f1, f2 := node(t, before, "n1"), node(t, before, "n2")
	n1, n2 := f1.load(t, "n1"), f2.load(t, "n2")
	oldCA, newCA := content(t, f1.ca), content(t, node(t, after, "x").ca)
	both := append(append([]byte(nil), oldCA...), newCA...)
	for i, step := range []func(){
		func() { write(t, f1.ca, both) },
		func() { write(t, f2.ca, both) },
		func() { f1.issue(t, after, "n1", time.Now()) },
		func() { f2.issue(t, after, "n2", time.Now()) },
		func() { write(t, f1.ca, newCA) },
		func() { write(t, f2.ca, newCA) },
	} {
		step()
		if err := errors.Join(n1.Refresh(), n2.Refresh()); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		atServer, atClient := handshake(t, n1.Server(), n2.Client("n1"))
		if atServer.err != nil || atClient.err != nil {
			t.Fatalf("step %d: server %v, client %v", i, atServer.err, atClient.err)
		}
	}
	left := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair(t, before, "n3", time.Now())}}
	if atServer, _ := handshake(t, n1.Server(), left); !errors.Is(atServer.err, certs.ErrAuthority) {
		t.Errorf("a node of the old authority: %v", atServer.err)
	}
}

// TestConcurrentUse replaces files while handshakes look at them.
func TestConcurrentUse(t *testing.T) {
	a := authority(t)
	f := node(t, a, "n1")
	id := f.load(t, "n1")
	server, client := id.Server(), id.Client("n1")
	var handshakes sync.WaitGroup
	for range 4 {
		handshakes.Go(func() {
			for range 10 {
				id.LookAgain()
				if _, got := handshake(t, server, client); got.err != nil {
					t.Error(got.err)
				}
				_ = id.NotAfter()
			}
		})
	}
	for range 10 {
		f.issue(t, a, "n1", time.Now())
		_ = id.Refresh()
	}
	handshakes.Wait()
}
