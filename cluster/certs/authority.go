package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"time"
)

// The types of PEM blocks that are written here.
const (
	blockCertificate = "CERTIFICATE"
	blockKey         = "PRIVATE KEY" // PKCS #8
)

const (
	// backdate is how long before it is made a certificate begins to be valid,
	// since clocks differ.
	backdate = time.Hour
	// maxName bounds a node's name in bytes, as a certificate's common name is.
	maxName = 64
)

// Authority makes nodes' certificates. It is immutable: its methods may be
// called from any goroutine.
type Authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// NewAuthority makes an authority with a key of its own (ECDSA, P-256), that
// can vouch for nodes for a time, but not for other authorities.
func NewAuthority(now time.Time, life time.Duration) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "parlor cluster authority"},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(life),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse certificate: %w", err)
	}
	return &Authority{cert: cert, key: key}, nil
}

// ParseAuthority returns the authority that PEM wrote.
func ParseAuthority(certPEM, keyPEM []byte) (*Authority, error) {
	chain, err := parseChain(certPEM)
	if err != nil {
		return nil, fmt.Errorf("parse authority's certificate: %w", err)
	}
	if !chain[0].IsCA {
		return nil, fmt.Errorf("parse authority's certificate: %w: it is not an authority's", ErrUsage)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("parse authority's key: %w: %w", ErrKeyMismatch, err)
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("parse authority's key: %T can't sign", pair.PrivateKey)
	}
	return &Authority{cert: chain[0], key: key}, nil
}

// PEM returns the authority's certificate, which every node needs, and its key,
// which is to be kept from all of them.
func (a *Authority) PEM() (certPEM, keyPEM []byte, err error) {
	return encode(a.cert.Raw, a.key)
}

// NotAfter returns when the authority, and all that it vouches for, ends.
func (a *Authority) NotAfter() time.Time { return a.cert.NotAfter }

// Issue makes a key (ECDSA, P-256) and a certificate for a node, to be used on
// both ends of connections. It ends after life, or with the authority if that is
// sooner. It returns ErrExpired if the authority has ended, and ErrName for a name
// that is empty, longer than 64 bytes, or not ASCII.
func (a *Authority) Issue(node string, now time.Time, life time.Duration) (certPEM, keyPEM []byte, err error) {
	if err := checkName(node); err != nil {
		return nil, nil, err
	}
	if now.After(a.cert.NotAfter) {
		return nil, nil, fmt.Errorf("authority: %w: it was valid until %s", ErrExpired, a.cert.NotAfter.UTC().Format(time.RFC3339))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	notAfter := now.Add(life)
	if notAfter.After(a.cert.NotAfter) {
		notAfter = a.cert.NotAfter
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: node},
		DNSNames:              []string{node},
		NotBefore:             now.Add(-backdate),
		NotAfter:              notAfter,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("sign certificate of %q: %w", node, err)
	}
	return encode(der, key)
}

func checkName(node string) error {
	if node == "" || len(node) > maxName {
		return fmt.Errorf("%w: %q is not 1 to %d bytes", ErrName, node, maxName)
	}
	for i := range len(node) {
		if node[i] <= ' ' || node[i] > '~' {
			return fmt.Errorf("%w: %q is not printable ASCII", ErrName, node)
		}
	}
	return nil
}

func encode(der []byte, key crypto.Signer) (certPEM, keyPEM []byte, err error) {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: private}), nil
}
