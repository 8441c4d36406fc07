package parlor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/parlor-sse/parlor"

// topLevel is all that may stand at the root, besides dot-files.
var topLevel = []string{
	"actors", "cluster", "httpfront", "persistence", "cmd", "examples",
	"go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "arch_test.go", "doc.go",
}

// everything is what the programs of the module, which put it together, may import.
var everything = []string{
	"actors", "actors/sse", "actors/fanout", "persistence", "persistence/pebblestore",
	"cluster", "cluster/certs", "cluster/gossip", "cluster/remoting", "cluster/secretfile", "httpfront", "httpfront/auth", "httpfront/ticket",
	"actors/kafka", "actors/webhook",
}

// below says which packages of the module each package may import: those listed
// and what is under its own folder. Arrows point one way.
var below = map[string][]string{
	"persistence":     {},
	"cluster":         {"persistence/metricset"},
	"actors/sse":      {},
	"actors/fanout":   {},
	"actors/wire":     {"persistence", "persistence/replication"},
	"actors/replica":  {"persistence", "persistence/metricset", "persistence/replication"},
	"actors/bulk":     {"actors/wire", "persistence", "persistence/metricset"},
	"actors/webhook":  {"actors", "persistence"},
	"actors/object":   {},
	"actors/kafka":    {"actors", "actors/object", "actors/sse", "persistence", "persistence/metricset"},
	"actors":          {"actors/sse", "actors/fanout", "persistence", "persistence/metricset", "persistence/replication", "cluster", "cluster/remoting"},
	"httpfront":       {"actors", "actors/object", "actors/sse", "persistence", "persistence/metricset"},
	"cmd/parlor/e2e":  {"actors", "actors/sse", "persistence"},
	"cmd/parlor":      slices.Concat(everything, []string{"cmd/serve", "cmd/serve/cli"}),
	"cmd/proctest":    {},
	"cmd/serve":       everything,
	"cmd/serve/cli":   {},
	"examples":        slices.Concat(everything, []string{"cmd/serve", "cmd/serve/cli"}),
	"persistence/...": {"persistence"},

	"cmd/proctest/nodetest": {"actors", "actors/sse", "cluster/clustertest/ports", "cmd/proctest", "persistence"},
	"httpfront/auth":        {"actors", "cluster/secretfile"},
	"httpfront/sseclients":  {"actors/fanout", "actors/sse"},
	"httpfront/ticket":      {"actors", "httpfront", "httpfront/auth", "httpfront/ticket", "persistence"},
	"examples/middleware":   {"httpfront/sseclients"},
	"examples/topics":       {"actors", "actors/sse", "cmd/serve", "cmd/serve/cli", "httpfront", "httpfront/auth", "persistence"},
	"examples/exampletest":  {"actors", "cluster", "cmd/proctest", "persistence"},
}

// quarantine says which folder alone may import a heavy dependency.
var quarantine = map[string][]string{
	"github.com/valyala/fasthttp":       {"httpfront"},
	"github.com/asynkron/protoactor-go": {"actors", "cluster"},
	"github.com/cockroachdb/pebble":     {"persistence/pebblestore"},
	"github.com/hashicorp/memberlist":   {"cluster"},
	"github.com/hashicorp/raft":         {"cluster"},
	"github.com/golang-jwt/jwt":         {"httpfront/auth"},
	"go.etcd.io/bbolt":                  {"cluster"},
	"google.golang.org/grpc":            {"cluster"},
	"github.com/twmb/franz-go":          {"actors/kafka", "cmd/parlor/e2e", "cmd/parlor/faults/broker", "examples/kafka"},
}

// maxLines bounds a source file: what a reader holds in the head.
const maxLines = 500

type pkg struct {
	ImportPath   string
	Name         string
	Dir          string
	Doc          string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
}

// name returns the package's path in the module.
func (p pkg) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

// allowed returns what the package may import, by the longest rule that fits.
func allowed(name string) (rule string, imports []string) {
	for r, list := range below {
		folder := strings.TrimSuffix(r, "/...")
		if r != folder && name == folder {
			continue
		}
		if within(name, folder) && len(r) > len(rule) {
			rule, imports = r, list
		}
	}
	return rule, imports
}

func TestArrowsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		rule, list := allowed(p.name())
		if rule == "" && p.name() != "" {
			t.Errorf("%s: no rule says what it may import", p.name())
			continue
		}
		own := strings.TrimSuffix(rule, "/...")
		for _, imp := range p.Imports {
			name, ours := strings.CutPrefix(imp, module+"/")
			if ours && !within(name, own) && !slices.Contains(list, name) {
				t.Errorf("%s imports %s", p.name(), name)
			}
		}
	}
}

// TestWhatHelpsTestsIsNotShipped wants what imports package testing, such as
// cmd/proctest, to be imported by tests and by its like only, and by no program.
func TestWhatHelpsTestsIsNotShipped(t *testing.T) {
	all := packages(t)
	helpers := make(map[string]bool)
	for _, p := range all {
		helpers[p.ImportPath] = slices.Contains(p.Imports, "testing")
	}
	for _, p := range all {
		if helpers[p.ImportPath] && p.Name == "main" {
			t.Errorf("the program %s imports testing", p.name())
		}
		for _, imp := range p.Imports {
			if helpers[imp] && !helpers[p.ImportPath] {
				t.Errorf("%s imports %s, which is for tests", p.name(), imp)
			}
		}
	}
}

func TestHeavyDependenciesStayWhereTheyAre(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			for dep, homes := range quarantine {
				if within(imp, dep) && !slices.ContainsFunc(homes, func(h string) bool { return within(p.name(), h) }) {
					t.Errorf("%s imports %s", p.name(), imp)
				}
			}
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(src, []byte{'\n'}); n > maxLines {
				t.Errorf("%s/%s has %d lines, more than %d", p.name(), f, n, maxLines)
			}
		}
	}
}

func TestTopLevel(t *testing.T) {
	entries, err := fs.ReadDir(os.DirFS("."), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		ignored := exec.Command("git", "check-ignore", "-q", e.Name()).Run() == nil
		if !strings.HasPrefix(e.Name(), ".") && !ignored && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
