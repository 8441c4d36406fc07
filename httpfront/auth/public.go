package auth

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
)

// public reports whether a text is a key in one of the forms that public ones have,
// which everybody may know: PEM, also in UTF-16, that of SSH, or DER, also in
// base64 as services show it that leave out the lines around PEM. Whoever has it
// in a file means a public key, and anybody could sign with it as a secret.
func public(text []byte) bool {
	return looksLikePEM(bytes.ReplaceAll(text, []byte{0}, nil)) ||
		bytes.HasPrefix(text, []byte("ssh-")) || bytes.HasPrefix(text, []byte("ecdsa-sha2-")) ||
		publicDER(text) || publicDER(fromBase64(text))
}

// publicDER reports whether b is a public key or a certificate.
func publicDER(b []byte) bool {
	if _, err := x509.ParsePKIXPublicKey(b); err == nil {
		return true
	}
	if _, err := x509.ParsePKCS1PublicKey(b); err == nil {
		return true
	}
	_, err := x509.ParseCertificate(b)
	return err == nil
}

// fromBase64 returns what a text of base64 in either alphabet stands for, with or
// without padding and in any number of lines; nil if it is something else.
func fromBase64(text []byte) []byte {
	plain := bytes.TrimRight(bytes.Join(bytes.Fields(text), nil), "=")
	plain = bytes.ReplaceAll(bytes.ReplaceAll(plain, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	b, err := base64.RawStdEncoding.DecodeString(string(plain))
	if err != nil {
		return nil
	}
	return b
}
