package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// Server returns the configuration of a listener. It is TLS 1.3 only and takes
// none but nodes: their certificate must come from an authority, be in force,
// allow a client's use, and name one node, which PeerName returns. There is no
// resumption, so every connection is judged by the authorities of its moment.
//
// The result is the caller's, who may set NextProtos and the like in it.
func (id *Identity) Server() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &id.material().cert, nil },
		// VerifyConnection does the verifying: the authorities may change, those
		// in a tls.Config may not.
		ClientAuth: tls.RequireAnyClientCert,
		VerifyConnection: func(state tls.ConnectionState) error {
			_, err := id.verify(state, x509.ExtKeyUsageClientAuth)
			return err
		},
	}
}

// Client returns the configuration for calling the node named peer, or any node
// if peer is empty. It is TLS 1.3 only and shows this node's certificate. The
// other end's must come from an authority, be in force, allow a server's use, and
// name the peer, whatever the address called.
//
// A handshake that succeeds here may still be refused at the other end: in TLS
// 1.3 the caller learns that its certificate was not taken with its first read.
//
// The result is the caller's, who may set NextProtos and the like in it.
func (id *Identity) Client(peer string) *tls.Config {
	return &tls.Config{
		MinVersion:           tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &id.material().cert, nil },
		// The standard verification is about host names and would take a node
		// name such as 10.0.0.1 for an address. VerifyConnection is in its place.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			name, err := id.verify(state, x509.ExtKeyUsageServerAuth)
			if err == nil && peer != "" && name != peer {
				err = fmt.Errorf("peer certificate: %w: it is node %q, and %q was called", ErrName, name, peer)
			}
			return err
		},
	}
}

// verify judges the other end of a connection and returns its node's name.
func (id *Identity) verify(state tls.ConnectionState, usage x509.ExtKeyUsage) (string, error) {
	chain := state.PeerCertificates
	if len(chain) == 0 {
		return "", ErrNoPeer
	}
	if _, err := id.material().verify(chain, usage, time.Now()); err != nil {
		return "", fmt.Errorf("peer certificate: %w", err)
	}
	name, err := nameOf(chain[0])
	if err != nil {
		return "", fmt.Errorf("peer certificate: %w", err)
	}
	return name, nil
}

// PeerName returns the name of the node at the other end of a connection made
// with Server or Client, whose handshake is complete. It verifies nothing again,
// so of any other connection it returns what the peer claims.
func PeerName(state tls.ConnectionState) (string, error) {
	if !state.HandshakeComplete || len(state.PeerCertificates) == 0 {
		return "", ErrNoPeer
	}
	return nameOf(state.PeerCertificates[0])
}
