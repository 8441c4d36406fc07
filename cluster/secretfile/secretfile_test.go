package secretfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

func TestExposedRule(t *testing.T) {
	for mode := fs.FileMode(0); mode <= fs.ModePerm; mode++ {
		for _, c := range []struct{ ofRoot, asRoot bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
			// What is anybody's, and what the group may do more than read, is never let pass.
			want := mode&0o077 != 0
			if c.ofRoot && !c.asRoot && (mode == 0o440 || mode == 0o640) {
				want = false
			}
			if got := secretfile.ExposedRule(mode, c.ofRoot, c.asRoot); got != want {
				t.Errorf("mode %04o, a file of root's %t, as root %t: exposed %t", mode, c.ofRoot, c.asRoot, got)
			}
		}
	}
}

// TestExposedOwn is about files of the process's own, which it could close.
func TestExposedOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o440: true, 0o644: true} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		sentence := fmt.Sprintf("it is secret, and others than its owner can read or write it: its mode is %04o and should be 0600", mode)
		err = secretfile.Closed(info)
		if got := errors.Is(err, secretfile.ErrExposed); got != want || got && err.Error() != sentence {
			t.Errorf("mode %04o: %v, exposed is %t", mode, err, want)
		}
	}
}
