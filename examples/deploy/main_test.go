package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFiles has one program, and runs everything on it.
func TestFiles(t *testing.T) {
	program := proctest.Build(t, "../../cmd/parlor")
	keys := makeKeys(t, program)
	token := makeToken(t, program, keys)
	for name, test := range map[string]func(*testing.T, setup){
		"nginx":      testNginx,
		"haproxy":    testHAProxy,
		"systemd":    testSystemd,
		"compose":    testCompose,
		"kubernetes": testKubernetes,
		"vocabulary": testVocabulary,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, setup{program, keys, token}) })
	}
}

// setup is what all tests have.
type setup struct {
	program string
	keys    string // folder of all nodes' keys
	token   string // that allows everything
}

// makeKeys makes the files of three nodes as README.md says, and returns their
// folder.
func makeKeys(t *testing.T, program string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if out, err := exec.Command(program, "cert", "--out", dir, "n1", "n2", "n3").CombinedOutput(); err != nil {
		t.Fatalf("parlor cert: %v\n%s", err, out)
	}
	if out, err := exec.Command(program, "token", "secret", "--out", filepath.Join(dir, "tokens.key")).CombinedOutput(); err != nil {
		t.Fatalf("parlor token secret: %v\n%s", err, out)
	}
	return dir
}

// makeToken makes a token as README.md says.
func makeToken(t *testing.T, program, keys string) string {
	t.Helper()
	key := filepath.Join(keys, "tokens.key")
	out, err := exec.Command(program, "token", "--key-file", key, "--sub", "ada", "--subscribe", "*", "--publish", "*").Output()
	if err != nil {
		t.Fatalf("parlor token: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// startNodes starts three nodes with certificates, and without tokens.
func startNodes(t *testing.T, with setup, flags ...string) *nodetest.Cluster {
	t.Helper()
	all := append([]string{
		"serve",
		"--cluster-cert", filepath.Join(with.keys, "{node}.pem"), "--cluster-key", filepath.Join(with.keys, "{node}-key.pem"),
		"--cluster-ca", filepath.Join(with.keys, "ca.pem"), "--gossip-key-file", filepath.Join(with.keys, "gossip.key"),
	}, flags...)
	return nodetest.StartCluster(t, with.program, 3, all...)
}

// adapted writes a copy of a file, in which texts are replaced, and returns its
// path. What is replaced has to be in the file.
func adapted(t *testing.T, file string, oldnew ...string) string {
	t.Helper()
	text := read(t, file)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("%s has no %q", file, oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
