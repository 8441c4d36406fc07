package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cluster/gossip"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// Modes of files, whatever else the umask takes away.
const (
	secretMode = 0o600
	publicMode = 0o644
)

// certWriter makes the files of nodes in a directory and tells of each.
type certWriter struct {
	dir string
	now time.Time
	out io.Writer
}

func (w *certWriter) path(name string) string { return filepath.Join(w.dir, name) }

// write makes all that is missing. Unless o.force is set it refuses, before it
// writes anything, to replace a node's files.
func (w *certWriter) write(o certOptions) error {
	if !o.force {
		for _, n := range o.nodes {
			for _, file := range []string{w.path(n + ".pem"), w.path(n + "-key.pem")} {
				if there, err := exists(file); err != nil {
					return err
				} else if there {
					return cli.Usagef("NODE: %s is there already; use --force to replace certificate and key of %s", file, n)
				}
			}
		}
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return err
	}
	authority, err := w.authority()
	if err != nil {
		return err
	}
	if err := w.gossipKey(); err != nil {
		return err
	}
	for _, n := range o.nodes {
		if err := w.node(authority, n, o); err != nil {
			return err
		}
	}
	return nil
}

// authority returns the directory's authority, which it makes if there is none.
func (w *certWriter) authority() (*certs.Authority, error) {
	certFile, keyFile := w.path("ca.pem"), w.path("ca-key.pem")
	hasCert, certErr := exists(certFile)
	hasKey, keyErr := exists(keyFile)
	switch {
	case certErr != nil || keyErr != nil:
		return nil, errors.Join(certErr, keyErr)
	case hasCert && hasKey:
		return readAuthority(certFile, keyFile)
	case hasCert:
		return nil, cli.Usagef("out: %s is there and its key %s is not, so nothing can be signed; bring it back, or use another directory for another authority", certFile, keyFile)
	case hasKey:
		return nil, cli.Usagef("out: %s is there and its certificate %s is not; bring it back, or use another directory for another authority", keyFile, certFile)
	}
	a, err := certs.NewAuthority(w.now, maxCertDays*day)
	if err != nil {
		return nil, err
	}
	certPEM, keyPEM, err := a.PEM()
	if err != nil {
		return nil, err
	}
	if err := writeNew(keyFile, keyPEM, secretMode); err != nil {
		return nil, err
	}
	if err := writeNew(certFile, certPEM, publicMode); err != nil {
		return nil, err
	}
	w.tell("%s and %s, an authority, valid until %s", certFile, keyFile, date(a.NotAfter()))
	return a, nil
}

func readAuthority(certFile, keyFile string) (*certs.Authority, error) {
	certPEM, err := os.ReadFile(certFile)
	if err != nil {
		return nil, err
	}
	keyPEM, err := certs.ReadSecret(keyFile)
	if err != nil {
		return nil, fmt.Errorf("key in %s: %w", keyFile, err)
	}
	a, err := certs.ParseAuthority(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("authority in %s and %s: %w", certFile, keyFile, err)
	}
	return a, nil
}

// gossipKey makes the key of gossip unless there is one, which must be sound.
func (w *certWriter) gossipKey() error {
	file := w.path("gossip.key")
	if there, err := exists(file); err != nil {
		return err
	} else if there {
		_, err := gossip.ReadKeys(file)
		return err
	}
	line := base64.StdEncoding.EncodeToString(gossip.NewKey()) + "\n"
	if err := writeNew(file, []byte(line), secretMode); err != nil {
		return err
	}
	w.tell("%s, the key of gossip", file)
	return nil
}

// node makes a node's certificate and key.
func (w *certWriter) node(a *certs.Authority, node string, o certOptions) error {
	life, put := time.Duration(o.days)*day, writeNew
	if o.force {
		put = replace
	}
	certPEM, keyPEM, err := a.Issue(node, w.now, life)
	if err != nil {
		return err
	}
	certFile, keyFile := w.path(node+".pem"), w.path(node+"-key.pem")
	if err := put(keyFile, keyPEM, secretMode); err != nil {
		return err
	}
	if err := put(certFile, certPEM, publicMode); err != nil {
		return err
	}
	until := w.now.Add(life)
	if a.NotAfter().Before(until) {
		until = a.NotAfter()
	}
	w.tell("%s and %s, valid until %s", certFile, keyFile, date(until))
	return nil
}

func (w *certWriter) tell(format string, args ...any) {
	fmt.Fprintf(w.out, "made "+format+"\n", args...)
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func exists(file string) (bool, error) {
	_, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// writeNew writes a file that must not be there yet.
func writeNew(file string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

// replace writes a file in the place of any other of its name, so that a server
// that reads it at that moment finds one or the other whole.
func replace(file string, content []byte, mode os.FileMode) error {
	fresh := file + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(fresh, content, mode); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}
