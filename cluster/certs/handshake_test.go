package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
)

// outcome is how a connection looked from one end.
type outcome struct {
	state tls.ConnectionState
	err   error
}

// handshake connects the two over TCP. The server says a byte, since a TLS 1.3
// client learns only by reading whether it was taken.
func handshake(t testing.TB, server, client *tls.Config) (atServer, atClient outcome) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	done := make(chan outcome)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			done <- outcome{err: err}
			return
		}
		defer c.Close()
		conn := tls.Server(c, server)
		if err = conn.Handshake(); err == nil {
			_, err = conn.Write([]byte{1})
		}
		done <- outcome{conn.ConnectionState(), err}
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(c, client)
	if err = conn.Handshake(); err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	atClient = outcome{conn.ConnectionState(), err}
	_ = conn.Close()
	return <-done, atClient
}

func TestHandshake(t *testing.T) {
	a := authority(t)
	n1, n2 := node(t, a, "n1").load(t, "n1"), node(t, a, "n2").load(t, "n2")
	for _, peer := range []string{"n2", ""} {
		client := n1.Client(peer)
		client.NextProtos = []string{"h2"}
		server := n2.Server()
		server.NextProtos = []string{"h2"}
		atServer, atClient := handshake(t, server, client)
		if atServer.err != nil || atClient.err != nil {
			t.Fatalf("peer %q: server %v, client %v", peer, atServer.err, atClient.err)
		}
		if name, err := certs.PeerName(atServer.state); name != "n1" || err != nil {
			t.Errorf("the server sees %q, %v", name, err)
		}
		if name, err := certs.PeerName(atClient.state); name != "n2" || err != nil {
			t.Errorf("the client sees %q, %v", name, err)
		}
		if v := atServer.state.Version; v != tls.VersionTLS13 {
			t.Errorf("version %x", v)
		}
		if p := atServer.state.NegotiatedProtocol; p != "h2" {
			t.Errorf("protocol %q", p)
		}
	}
}

// TestNamesAreNotHostNames wants every name that a node may have to be taken as
// it is.
func TestNamesAreNotHostNames(t *testing.T) {
	a := authority(t)
	caller := node(t, a, "caller").load(t, "caller")
	for _, name := range []string{
		"10.0.0.1", "N1", "a.b", "a..b", ".", "_", "-x", "x.", strings.Repeat("n", 64),
	} {
		server := node(t, a, name).load(t, name)
		_, got := handshake(t, server.Server(), caller.Client(name))
		if got.err != nil {
			t.Errorf("%q: %v", name, got.err)
		}
		if peer, err := certs.PeerName(got.state); peer != name || err != nil {
			t.Errorf("%q: peer %q, %v", name, peer, err)
		}
	}
	for called, is := range map[string]string{"n1": "N1", "a.b": "*.b", "n1.": "n1", "127.0.0.1": "n1"} {
		server := node(t, a, is).load(t, is)
		if _, got := handshake(t, server.Server(), caller.Client(called)); !errors.Is(got.err, certs.ErrName) {
			t.Errorf("%q was called and %q answered: %v", called, is, got.err)
		}
	}
}

func TestClientRefuses(t *testing.T) {
	a, foreign := authority(t), authority(t)
	n1 := node(t, a, "n1").load(t, "n1")
	for _, tc := range []struct {
		name   string
		server tls.Certificate
		want   error
	}{
		{"another node", pair(t, a, "n3", time.Now()), certs.ErrName},
		{"a foreign authority", pair(t, foreign, "n2", time.Now()), certs.ErrAuthority},
		{"expired", pair(t, a, "n2", time.Now().Add(-2*time.Hour)), certs.ErrExpired},
		{"not yet valid", pair(t, a, "n2", time.Now().Add(2*time.Hour)), certs.ErrNotYet},
		{"a client's only", custom(t, a, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), certs.ErrUsage},
		{"two names", custom(t, a, func(c *x509.Certificate) { c.DNSNames = []string{"n2", "n1"} }), certs.ErrName},
		{"no name", custom(t, a, func(c *x509.Certificate) { c.DNSNames = nil }), certs.ErrName},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// A server that asks for nothing: the client must refuse by itself.
			server := &tls.Config{Certificates: []tls.Certificate{tc.server}}
			if _, got := handshake(t, server, n1.Client("n2")); !errors.Is(got.err, tc.want) {
				t.Errorf("got %v, want %v", got.err, tc.want)
			}
		})
	}
}

func TestServerRefuses(t *testing.T) {
	a, foreign := authority(t), authority(t)
	n1 := node(t, a, "n1").load(t, "n1")
	for _, tc := range []struct {
		name   string
		client []tls.Certificate
		want   error // nil for any
	}{
		{"no certificate", nil, nil},
		{"a foreign authority", []tls.Certificate{pair(t, foreign, "n2", time.Now())}, certs.ErrAuthority},
		{"expired", []tls.Certificate{pair(t, a, "n2", time.Now().Add(-2*time.Hour))}, certs.ErrExpired},
		{"a server's only", []tls.Certificate{custom(t, a, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		})}, certs.ErrUsage},
		{"two names", []tls.Certificate{custom(t, a, func(c *x509.Certificate) { c.DNSNames = []string{"n2", "n3"} })}, certs.ErrName},
		{"signed by a node", []tls.Certificate{signedByNode(t, a)}, certs.ErrAuthority},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client := &tls.Config{InsecureSkipVerify: true, Certificates: tc.client}
			atServer, atClient := handshake(t, n1.Server(), client)
			if atServer.err == nil || atClient.err == nil {
				t.Fatalf("server %v, client %v", atServer.err, atClient.err)
			}
			if tc.want != nil && !errors.Is(atServer.err, tc.want) {
				t.Errorf("got %v, want %v", atServer.err, tc.want)
			}
		})
	}
	old := n1.Client("n1")
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if atServer, _ := handshake(t, n1.Server(), old); atServer.err == nil {
		t.Error("TLS 1.2 is taken")
	}
}

func TestPeerNameOfNobody(t *testing.T) {
	for name, state := range map[string]tls.ConnectionState{
		"no handshake":   {},
		"no certificate": {HandshakeComplete: true},
		"half-way":       {PeerCertificates: []*x509.Certificate{{DNSNames: []string{"n1"}}}},
	} {
		if peer, err := certs.PeerName(state); peer != "" || !errors.Is(err, certs.ErrNoPeer) {
			t.Errorf("%s: %q, %v", name, peer, err)
		}
	}
}

// pair returns a certificate that the authority issued at a time, for an hour.
func pair(t testing.TB, a *certs.Authority, name string, now time.Time) tls.Certificate {
	t.Helper()
	cert, key, err := a.Issue(name, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	// What is not valid yet is backdated by more than the test can wait.
	if now.After(time.Now()) {
		return custom(t, a, func(c *x509.Certificate) { c.NotBefore = now })
	}
	p, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// custom returns a certificate of node n2 as the authority would never make it.
func custom(t testing.TB, a *certs.Authority, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	caCert, caKey, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	ca, err := tls.X509KeyPair(caCert, caKey)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, ca, change)
}

// signedByNode returns a certificate that a node, which may not, has signed.
func signedByNode(t testing.TB, a *certs.Authority) tls.Certificate {
	t.Helper()
	n3 := pair(t, a, "n3", time.Now())
	forged := sign(t, n3, func(*x509.Certificate) {})
	forged.Certificate = append(forged.Certificate, n3.Certificate...)
	return forged
}

func sign(t testing.TB, by tls.Certificate, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		DNSNames: []string{"n2"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(3 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, by.Leaf, &key.PublicKey, by.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// pemOf returns the certificate and its key as files hold them.
func pemOf(t testing.TB, c tls.Certificate) (certPEM, keyPEM []byte) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, der := range c.Certificate {
		certPEM = append(certPEM, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return certPEM, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
}
