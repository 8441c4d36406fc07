package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// certificate writes a self-signed certificate for 127.0.0.1 and its key, and
// returns a configuration that trusts it.
func certificate(t *testing.T) (certFile, keyFile string, trust *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "parlor test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", secret),
		&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

// startTLS starts a server that speaks HTTPS.
func startTLS(t *testing.T, flags ...string) *server {
	t.Helper()
	certFile, keyFile, trust := certificate(t)
	flags = append(flags, "--tls-cert", certFile, "--tls-key", keyFile)
	return launch(t, server{data: t.TempDir(), flags: flags, tls: trust})
}

// TestTLS wants streams and publishes over TLS to be what they are without, a
// clean end included.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := startTLS(t)
	st := s.open("/connect?room=a")
	want := "Content-Type: text/event-stream|Cache-Control: no-cache, no-transform|Connection: keep-alive|" +
		"X-Accel-Buffering: no|Access-Control-Allow-Origin: *"
	if got := strings.Join(st.head[1:], "|"); got != want {
		t.Errorf("head %s", got)
	}
	sent := s.publishN("a", 1, 50)
	for _, r := range sent {
		r.want(t, st.message())
	}
	big := s.publish("a", `{"n":"`+strings.Repeat("x", 60_000)+`"}`)
	big.want(t, st.message())

	old := s.tls.Clone()
	old.MaxVersion = tls.VersionTLS11
	if conn, err := tls.Dial("tcp", s.addr, old); err == nil {
		t.Error("the server speaks TLS 1.1")
		_ = conn.Close()
	}
	plain, err := tcp(s.addr)()
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	_ = plain.SetDeadline(time.Now().Add(proctest.Patience))
	_, _ = io.WriteString(plain, request("/connect"))
	if answer, _ := io.ReadAll(plain); strings.Contains(string(answer), "200 OK") {
		t.Errorf("plain HTTP got %q", answer)
	}

	s.terminate()
	if rest := st.rest(); len(rest) != 0 {
		t.Errorf("the stream ended with %v", rest)
	}
	s = s.again()
	back := s.open("/connect?room=a", resumeAt(sent[48].ID))
	sent[49].want(t, back.message())
	big.want(t, back.message())
}
