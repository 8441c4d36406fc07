package certs

import (
	"errors"
	"io/fs"
	"os"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// maxFile bounds a file of keys or certificates, in bytes. The largest that make
// sense, a bundle of many authorities, are a tenth of it.
const maxFile = 1 << 20

// ReadSecret returns the content of a file that holds a secret. It refuses, with
// secretfile.ErrExposed, a file that is open to others.
func ReadSecret(file string) ([]byte, error) { return read(file, secretfile.Closed) }

func read(file string, check func(fs.FileInfo) error) ([]byte, error) {
	content, err := secretfile.Read(file, maxFile, check)
	if errors.Is(err, secretfile.ErrTooLarge) {
		return nil, ErrTooLarge
	}
	return content, err
}

// files names what an identity is made of.
type files struct{ cert, key, ca string }

// stamps is how the files looked, in the order certificate, key, authority.
type stamps [3]os.FileInfo

// stat looks at the files without reading them.
func (f files) stat() (stamps, error) {
	var s stamps
	for i, name := range [...]string{f.cert, f.key, f.ca} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i] = info
	}
	return s, nil
}

// equal reports whether no file was written or replaced in between.
func (s stamps) equal(t stamps) bool {
	for i := range s {
		if !s[i].ModTime().Equal(t[i].ModTime()) || s[i].Size() != t[i].Size() ||
			s[i].Mode() != t[i].Mode() || !os.SameFile(s[i], t[i]) {
			return false
		}
	}
	return true
}
