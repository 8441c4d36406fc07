package auth

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

func looksLikePEM(text []byte) bool { return bytes.Contains(text, []byte("-----BEGIN")) }

// parsePEM reads the one key of a PEM file. Several are refused: of a chain of
// certificates only the first would be meant, and whoever has the key of another
// could sign.
func parsePEM(id string, content []byte) (Key, error) {
	var found *pem.Block
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			break
		}
		content = rest
		if block.Type == "EC PARAMETERS" { // openssl puts them before the key, which has them too
			continue
		}
		if found != nil {
			return Key{}, fmt.Errorf("%w: it has several keys or certificates; give each a file of its own", ErrKey)
		}
		found = block
	}
	if found == nil || looksLikePEM(content) {
		return Key{}, fmt.Errorf("%w: its PEM is broken", ErrKey)
	}
	if _, locked := found.Headers["DEK-Info"]; locked {
		return Key{}, fmt.Errorf("%w: it is encrypted; decrypt it first", ErrKey)
	}
	return parseBlock(id, found)
}

func parseBlock(id string, block *pem.Block) (Key, error) {
	var key any
	var err error
	private := false
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = cert.PublicKey
		}
	case "PRIVATE KEY":
		private = true
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		private = true
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		private = true
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return Key{}, fmt.Errorf("%w: it is encrypted; decrypt it first", ErrKey)
	default:
		return Key{}, fmt.Errorf("%w: PEM of type %q is not supported", ErrKey, block.Type)
	}
	if err != nil {
		return Key{}, fmt.Errorf("%w: %s: %w", ErrKey, block.Type, err)
	}
	if private {
		return fromPrivate(id, key)
	}
	return fromPublic(id, key)
}
