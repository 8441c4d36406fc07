package main

import (
	"crypto/tls"
	"encoding/base64"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// certDir runs parlor cert for the nodes and returns the directory.
func certDir(t *testing.T, nodes ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "certs")
	cert(t, dir, nodes...)
	return dir
}

func cert(t *testing.T, dir string, args ...string) result {
	t.Helper()
	got := parlor(t, append([]string{"cert", "--out", dir}, args...))
	if got.code != cli.ExitOK || got.stderr != "" {
		t.Fatalf("parlor cert %v: %+v", args, got)
	}
	return got
}

// snapshot returns the content of every file of a directory.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(content)
	}
	return files
}

func TestCertFiles(t *testing.T) {
	dir := certDir(t, "n1", "n2")
	want := map[string]fs.FileMode{
		"ca.pem": 0o644, "ca-key.pem": 0o600, "gossip.key": 0o600,
		"n1.pem": 0o644, "n1-key.pem": 0o600, "n2.pem": 0o644, "n2-key.pem": 0o600,
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Errorf("%d files, want %d; error %v", len(entries), len(want), err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		// The umask may take more away, and nothing may be added.
		if mode, ok := want[e.Name()]; !ok || info.Mode().Perm()&^mode != 0 || info.Mode().Perm()&0o600 != 0o600 {
			t.Errorf("%s has mode %v, want %v", e.Name(), info.Mode(), mode)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(snapshot(t, dir)["gossip.key"]))
	if err != nil || len(key) != 32 {
		t.Errorf("gossip key of %d bytes, %v", len(key), err)
	}
}

// TestCertAddsNodes runs the command again: what there was stays as it is, and
// old and new nodes know each other.
func TestCertAddsNodes(t *testing.T) {
	dir := certDir(t, "n1")
	before := snapshot(t, dir)
	cert(t, dir, "--days", "3650", "n2")
	after := snapshot(t, dir)
	for name, content := range before {
		if after[name] != content {
			t.Errorf("%s has changed", name)
		}
	}
	identity := func(name string) *certs.Identity {
		id, err := certs.Load(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem"), filepath.Join(dir, "ca.pem"), name)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	n1, n2 := identity("n1"), identity("n2")
	if n2.NotAfter().Before(n1.NotAfter()) {
		t.Errorf("3650 days end at %s, 365 days at %s", n2.NotAfter(), n1.NotAfter())
	}
	near, far := net.Pipe()
	server := tls.Server(far, n2.Server())
	done := make(chan error)
	go func() { done <- server.Handshake() }()
	if err := tls.Client(near, n1.Client("n2")).Handshake(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if peer, err := certs.PeerName(server.ConnectionState()); peer != "n1" || err != nil {
		t.Errorf("peer %q, %v", peer, err)
	}
}

func TestCertForce(t *testing.T) {
	dir := certDir(t, "n1", "n2")
	before := snapshot(t, dir)
	got := parlor(t, []string{"cert", "--out", dir, "n3", "n2"})
	if got.code != cli.ExitUsage || !strings.Contains(got.stderr, "n2.pem is there already") {
		t.Errorf("got %+v", got)
	}
	if _, made := snapshot(t, dir)["n3.pem"]; made {
		t.Error("a refused command made files")
	}
	cert(t, dir, "--force", "n2")
	after := snapshot(t, dir)
	for name, content := range before {
		if changed := after[name] != content; changed != strings.HasPrefix(name, "n2") {
			t.Errorf("%s: changed %v", name, changed)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, before %d", len(after), len(before))
	}
}

func TestCertRefuses(t *testing.T) {
	without := func(name string) string {
		dir := certDir(t, "n1")
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	exposed := certDir(t, "n1")
	if err := os.Chmod(filepath.Join(exposed, "ca-key.pem"), 0o640); err != nil {
		t.Fatal(err)
	}
	spoiled := certDir(t, "n1")
	if err := os.WriteFile(filepath.Join(spoiled, "gossip.key"), []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "certs")
	for _, tc := range []struct {
		name string
		dir  string
		args []string
		code int
		want string
	}{
		{"a bad name", fresh, []string{"a b"}, cli.ExitUsage, `NODE: "a b" is not`},
		{"a path", fresh, []string{"../n1"}, cli.ExitUsage, "NODE: "},
		{"the authority's name", fresh, []string{"CA"}, cli.ExitUsage, "NODE: "},
		{"a key's name", fresh, []string{"n1", "n1-key"}, cli.ExitUsage, "NODE: "},
		{"twice", fresh, []string{"n1", "N1"}, cli.ExitUsage, "twice"},
		{"no days", fresh, []string{"--days", "0", "n1"}, cli.ExitUsage, "days: "},
		{"too many days", fresh, []string{"--days", "3651", "n1"}, cli.ExitUsage, "days: "},
		{"no directory", "", []string{"n1"}, cli.ExitUsage, "out: "},
		{"an authority without its key", without("ca-key.pem"), []string{"n2"}, cli.ExitUsage, "ca-key.pem is not"},
		{"a key without its authority", without("ca.pem"), []string{"n2"}, cli.ExitUsage, "ca.pem is not"},
		{"an authority's key for the group to read", exposed, []string{"n2"}, cli.ExitFailure, "it is secret, and others than its owner can read or write it"},
		{"a short gossip key", spoiled, []string{"n2"}, cli.ExitFailure, "gossip.key"},
		{"a directory that is a file", filepath.Join(exposed, "n1.pem"), []string{"n2"}, cli.ExitFailure, "n1.pem"},
	} {
		got := parlor(t, append([]string{"cert", "--out", tc.dir}, tc.args...))
		if got.code != tc.code || got.stdout != "" || !strings.Contains(got.stderr, tc.want) {
			t.Errorf("%s: %+v, want code %d and %q", tc.name, got, tc.code, tc.want)
		}
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a refused command made a directory")
	}
}

// TestCertAdvice takes the advised command line at its word, but for a data
// directory that can't be: nothing else may be wrong with it.
func TestCertAdvice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "where it's")
	advice := cert(t, dir, "n1", "n2").stdout
	_, line, ok := strings.Cut(advice, "  parlor serve ")
	if !ok || !strings.Contains(line, "--node n1 ") || !strings.Contains(line, "--expect 2 ") {
		t.Fatalf("no advice in %q", advice)
	}
	line = strings.NewReplacer("\\\n", "", "HOST", "127.0.0.1", ",...", "").Replace(line)
	file := filepath.Join(dir, "ca.pem")
	got := parlor(t, slices.Concat([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "off", "--data", file}, shellWords(line)))
	if got.code != cli.ExitUsage || !strings.HasPrefix(got.stderr, "parlor serve: data: can't use "+file) || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("got %+v", got)
	}
}

// shellWords splits a line as a shell would that knows single quotes and \'.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	quoted, begun := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			quoted, begun = !quoted, true
		case c == '\\' && !quoted:
			i++
			word.WriteByte(line[i])
		case (c == ' ' || c == '\n') && !quoted:
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	return words
}
