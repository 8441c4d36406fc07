package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// maxKeyFile bounds a key file, in bytes.
const maxKeyFile = 1 << 20

// ReadKeyFile reads keys that tokens are verified with, at most MaxKeys, from a
// file that is one of
//
//   - PEM: one public key, certificate (of which only the key matters) or
//     private key, taken for its public half: RSA of 2048 bits and more, P-256,
//     P-384, P-521 or Ed25519;
//   - a JSON Web Key or a set of them: oct, RSA, EC or OKP. Those that are for
//     something else than signatures, or of a sort that is not supported, are left
//     out;
//   - anything else: a secret for HMAC, of at least 32 bytes, to which one line
//     end after it does not belong.
//
// A JSON Web Key has the id of its kid, any other is called as the file is
// without its folder and extension. A file that holds a secret or a private key,
// and that is open to others, as secretfile.Closed has it, is refused. What is
// wrong with the file's content or mode is ErrKey.
func ReadKeyFile(path string) ([]Key, error) {
	keys, err := readKeys(path, parseKeys)
	if err != nil {
		return nil, fmt.Errorf("read keys of tokens: %w", err)
	}
	return keys, nil
}

// ReadKeySet is ReadKeyFile for a file that has to be a JSON Web Key or a set of
// them. Where such files are fetched from somewhere, that somebody may answer with
// a page of text one day, which must not become a secret.
func ReadKeySet(path string) ([]Key, error) {
	keys, err := readKeys(path, func(_ string, content []byte) ([]Key, error) { return parseJWKS(bare(content)) })
	if err != nil {
		return nil, fmt.Errorf("read keys of tokens: %w", err)
	}
	return keys, nil
}

// ReadSigningKey reads a key to sign tokens with: the first one of a file, as
// ReadKeyFile takes it, that can sign. Its id is that of a JSON Web Key, else
// empty, because the file of the other half will have another name.
func ReadSigningKey(path string) (Key, error) {
	keys, err := readKeys(path, parseKeys)
	if err != nil {
		return Key{}, fmt.Errorf("read a key to sign tokens: %w", err)
	}
	for _, k := range keys {
		if k.CanSign() {
			if !k.named {
				k.id = ""
			}
			return k, nil
		}
	}
	return Key{}, fmt.Errorf("read a key to sign tokens: %s: %w: it has public keys only", path, ErrKey)
}

func readKeys(path string, parse func(id string, content []byte) ([]Key, error)) ([]Key, error) {
	content, info, err := readFile(path)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	keys, err := parse(strings.TrimSuffix(name, filepath.Ext(name)), content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !slices.ContainsFunc(keys, Key.CanSign) {
		return keys, nil
	}
	if err := secretfile.Closed(info); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrKey, err)
	}
	return keys, nil
}

// readFile returns what is in a file, and what is known of that very file.
func readFile(path string) (content []byte, known fs.FileInfo, err error) {
	content, err = secretfile.Read(path, maxKeyFile, func(info fs.FileInfo) error {
		known = info
		return nil
	})
	if errors.Is(err, secretfile.ErrTooLarge) {
		err = fmt.Errorf("%s: %w: it is larger than %d bytes", path, ErrKey, maxKeyFile)
	}
	return content, known, err
}

// bare returns a text without the space around it, and without the byte order mark
// by which some editors begin.
func bare(content []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(content, []byte("\ufeff")))
}

// parseKeys reads the content of a key file. What looks like PEM or JSON and is
// broken is an error, and never a secret.
func parseKeys(id string, content []byte) ([]Key, error) {
	if json := bare(content); len(json) > 0 && json[0] == '{' {
		return parseJWKS(json)
	}
	k, err := parseKey(id, content)
	if err != nil {
		return nil, err
	}
	return []Key{k}, nil
}

// parseKey reads the one key of a file that is not JSON.
func parseKey(id string, content []byte) (Key, error) {
	switch {
	case looksLikePEM(content):
		return parsePEM(id, content)
	case public(content): // with all its bytes: DER may end like a line
		return Key{}, errPublic
	}
	return Secret(id, bytes.TrimSuffix(bytes.TrimSuffix(content, []byte("\n")), []byte("\r")))
}
