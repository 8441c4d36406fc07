package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// material is what an identity's files held at one moment. It is immutable.
type material struct {
	cert     tls.Certificate // with Leaf
	roots    *x509.CertPool
	notAfter time.Time // of the chain from the certificate to its authority
}

// load reads the files and judges them as the node's.
func (f files) load(node string, now time.Time) (*material, error) {
	roots, err := readAuthorities(f.ca)
	if err != nil {
		return nil, &FileError{f.ca, Authorities, err}
	}
	m := &material{roots: roots}
	chain, err := readChain(f.cert)
	if err != nil {
		return nil, &FileError{f.cert, Certificate, err}
	}
	leaf := chain[0]
	if err := m.judge(chain, node, now); err != nil {
		return nil, &FileError{f.cert, Certificate, err}
	}
	secret, err := ReadSecret(f.key)
	if err != nil {
		return nil, &FileError{f.key, Key, err}
	}
	var certPEM []byte
	for _, c := range chain {
		certPEM = append(certPEM, pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: c.Raw})...)
	}
	if m.cert, err = tls.X509KeyPair(certPEM, secret); err != nil {
		if block, _ := pem.Decode(secret); block == nil {
			return nil, &FileError{f.key, Key, ErrEmpty}
		}
		return nil, &FileError{f.key, Key, fmt.Errorf("%w: %w", ErrKeyMismatch, err)}
	}
	m.cert.Leaf = leaf
	return m, nil
}

// judge refuses a chain that is not the node's own, and notes how long it lasts.
func (m *material) judge(chain []*x509.Certificate, node string, now time.Time) error {
	name, err := nameOf(chain[0])
	if err != nil {
		return err
	}
	if name != node {
		return fmt.Errorf("%w: it is for node %q, and this is node %q", ErrName, name, node)
	}
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		until, err := m.verify(chain, usage, now)
		if err != nil {
			return err
		}
		m.notAfter = until
	}
	return nil
}

// verify checks that a trusted authority vouches for the first certificate of
// the chain and for this use of it, and returns how long it does.
func (m *material) verify(chain []*x509.Certificate, usage x509.ExtKeyUsage, now time.Time) (time.Time, error) {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	found, err := chain[0].Verify(x509.VerifyOptions{
		Roots: m.roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return time.Time{}, refusal(chain[0], err, now)
	}
	var until time.Time
	for _, path := range found {
		if end := ends(path); end.After(until) {
			until = end
		}
	}
	return until, nil
}

// ends returns when the first certificate of the path ends.
func ends(path []*x509.Certificate) time.Time {
	end := path[0].NotAfter
	for _, c := range path[1:] {
		if c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	return end
}

// refusal says what is wrong with a certificate that did not verify.
func refusal(leaf *x509.Certificate, err error, now time.Time) error {
	var invalid x509.CertificateInvalidError
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("%w: it was valid until %s", ErrExpired, leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("%w: it will be from %s on", ErrNotYet, leaf.NotBefore.UTC().Format(time.RFC3339))
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return ErrUsage
	}
	return fmt.Errorf("%w: %w", ErrAuthority, err)
}

// nameOf returns the name of the node whose certificate this is. Names are
// compared byte by byte and without wildcards: they are not host names.
func nameOf(c *x509.Certificate) (string, error) {
	if len(c.DNSNames) != 1 || c.DNSNames[0] == "" {
		return "", fmt.Errorf("%w: it has %d DNS names and should have one, its node's", ErrName, len(c.DNSNames))
	}
	return c.DNSNames[0], nil
}

func readAuthorities(file string) (*x509.CertPool, error) {
	chain, err := readChain(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range chain {
		pool.AddCert(c)
	}
	return pool, nil
}

// readChain returns the certificates of a file, of which there is at least one.
func readChain(file string) ([]*x509.Certificate, error) {
	content, err := read(file, nil)
	if err != nil {
		return nil, err
	}
	return parseChain(content)
}

func parseChain(content []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			break
		}
		if block.Type != blockCertificate {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, ErrEmpty
	}
	return chain, nil
}
