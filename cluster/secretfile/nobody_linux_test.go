package secretfile_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parlor-sse/parlor/cluster/secretfile"
)

// judgeVariable has the test program judge the file of descriptor 4 and say so.
const judgeVariable = "SECRETFILE_TEST_JUDGE"

// nobody is the user and group that own nothing, by number.
const nobody = 65534

func TestMain(m *testing.M) {
	if os.Getenv(judgeVariable) == "" {
		os.Exit(m.Run())
	}
	info, err := os.NewFile(4, "secret").Stat()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(secretfile.Closed(info) != nil)
}

// TestExposedAsNobody has a process that is nobody's judge files of root's and of
// somebody else's.
func TestExposedAsNobody(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	for _, c := range []struct {
		owner int
		mode  fs.FileMode
		want  bool
	}{
		{0, 0o440, false}, {0, 0o640, false}, {0, 0o660, true}, {0, 0o444, true},
		{nobody, 0o400, false}, {nobody, 0o440, true}, {nobody - 1, 0o440, true},
	} {
		if got, want := asNobody(t, c.owner, c.mode), fmt.Sprint(c.want); got != want {
			t.Errorf("a file of %d, mode %04o: exposed %s, want %s", c.owner, c.mode, got, want)
		}
	}
}

// asNobody returns what this program says of a file when nobody runs it. Both are
// handed over open, because nobody may not enter the folders that they are in.
func asNobody(t *testing.T, owner int, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, nil, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, owner, nobody); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	secret, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	cmd := exec.Command("/proc/self/fd/3")
	cmd.Env = []string{judgeVariable + "=1"}
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{self, secret}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as nobody: %v\n%s", err, said)
	}
	return strings.TrimSpace(string(said))
}
