package certs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// TestAuthorityRoundTrip wants an authority read back to vouch for nodes as the
// first one did.
func TestAuthorityRoundTrip(t *testing.T) {
	a := authority(t)
	certPEM, keyPEM, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := certs.ParseAuthority(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	if !again.NotAfter().Equal(a.NotAfter()) {
		t.Errorf("ends at %s, not %s", again.NotAfter(), a.NotAfter())
	}
	n1, n2 := node(t, a, "n1").load(t, "n1"), node(t, again, "n2").load(t, "n2")
	if atServer, atClient := handshake(t, n1.Server(), n2.Client("n1")); atServer.err != nil || atClient.err != nil {
		t.Errorf("server %v, client %v", atServer.err, atClient.err)
	}
}

func TestParseAuthorityRefuses(t *testing.T) {
	a := authority(t)
	certPEM, keyPEM, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	_, otherKey, err := authority(t).PEM()
	if err != nil {
		t.Fatal(err)
	}
	nodeCert, nodeKey, err := a.Issue("n1", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name      string
		cert, key []byte
		want      error
	}{
		{"another's key", certPEM, otherKey, certs.ErrKeyMismatch},
		{"no key", certPEM, nil, certs.ErrKeyMismatch},
		{"no certificate", nil, keyPEM, certs.ErrEmpty},
		{"a node's", nodeCert, nodeKey, certs.ErrUsage},
	} {
		if _, err := certs.ParseAuthority(tc.cert, tc.key); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestIssue(t *testing.T) {
	now := time.Now()
	a := authority(t) // for a day
	for life, want := range map[time.Duration]time.Time{
		time.Hour: now.Add(time.Hour), 48 * time.Hour: a.NotAfter(),
	} {
		certPEM, _, err := a.Issue("n1", now, life)
		if err != nil {
			t.Fatal(err)
		}
		c := parse(t, certPEM)
		if d := c.NotAfter.Sub(want); d > 0 || d < -time.Second {
			t.Errorf("life %s: ends at %s, want %s", life, c.NotAfter, want)
		}
		if !c.NotBefore.Before(now) || c.IsCA {
			t.Errorf("from %s, authority %v", c.NotBefore, c.IsCA)
		}
	}
	if _, _, err := a.Issue("n1", now.Add(25*time.Hour), time.Hour); !errors.Is(err, certs.ErrExpired) {
		t.Errorf("an expired authority: %v", err)
	}
	for _, name := range []string{"", "a b", "ü", "a\nb", strings.Repeat("n", 65)} {
		if _, _, err := a.Issue(name, now, time.Hour); !errors.Is(err, certs.ErrName) {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

func TestReadSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, []byte("x"))
	if got, err := certs.ReadSecret(file); string(got) != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.Chmod(file, 0o604); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.ReadSecret(file); !errors.Is(err, secretfile.ErrExposed) {
		t.Error(err)
	}
}
