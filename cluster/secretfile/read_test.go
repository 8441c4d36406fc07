package secretfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// TestRead reads a file that is as large as may be, and refuses it when less may
// be, when the check says so, and when it is not there.
func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	for name, c := range map[string]struct {
		file  string
		most  int64
		check func(fs.FileInfo) error
		want  error
	}{
		"fits":          {file, 5, nil, nil},
		"checked":       {file, 5, func(i fs.FileInfo) error { return map[bool]error{false: no}[i.Mode().Perm() == 0o600] }, nil},
		"too large":     {file, 4, nil, secretfile.ErrTooLarge},
		"refused first": {file, 4, func(fs.FileInfo) error { return no }, no},
		"not there":     {file + "x", 5, nil, fs.ErrNotExist},
	} {
		got, err := secretfile.Read(c.file, c.most, c.check)
		if !errors.Is(err, c.want) || (err == nil) != (string(got) == "12345") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
