package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// testSystemd has systemd read the unit, and starts nodes with the settings that
// it names.
func testSystemd(t *testing.T, with setup) {
	settings := adapted(t, "parlor.conf",
		"10.0.0.1:7946,10.0.0.2:7946,10.0.0.3:7946", "127.0.0.1:1", // one more peer, who is not there
		"/etc/parlor/keys", with.keys)
	// The file is of one node, which flags make into any of the three.
	cluster := nodetest.StartClusterWithToken(t, with.program, with.token, 3, "serve", "--config", settings,
		"--cluster-cert", filepath.Join(with.keys, "{node}.pem"), "--cluster-key", filepath.Join(with.keys, "{node}-key.pem"))
	wantTokens(t, cluster)
	t.Run("unit", func(t *testing.T) {
		analyze := proctest.LookPath(t, "systemd-analyze", "systemd")
		unit := adapted(t, "parlor.service", "/usr/local/bin/parlor", with.program)
		if out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || strings.Contains(string(out), "parlor.service") {
			t.Errorf("systemd-analyze verify: %v\n%s", err, out)
		}
	})
}

// testCompose starts nodes with the variables of each node's service.
func testCompose(t *testing.T, with setup) {
	var file struct {
		Services map[string]struct {
			Environment map[string]string `json:"environment"`
		} `json:"services"`
	}
	readYAML(t, "compose.yaml", &file)
	for _, n := range []string{"n1", "n2", "n3"} {
		env := file.Services[n].Environment
		if env["PARLOR_NODE"] != n || env["PARLOR_EXPECT"] != "3" {
			t.Errorf("service %s: %v", n, env)
		}
	}
	startBy(t, with, file.Services["n1"].Environment)
}

// testKubernetes starts nodes with the variables of the container, and checks
// what the objects say of each other.
func testKubernetes(t *testing.T, with setup) {
	var objects []struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     struct {
			ServiceName         string
			PodManagementPolicy string
			Template            struct {
				Spec struct {
					TerminationGracePeriodSeconds int
					Containers                    []struct {
						Env []struct{ Name, Value string }
					}
				}
			}
		}
	}
	readYAML(t, "kubernetes.yaml", &objects)
	names := make(map[string]string)
	for _, o := range objects {
		names[o.Kind+"/"+o.Metadata.Name] = o.Spec.ServiceName
		if o.Kind != "StatefulSet" {
			continue
		}
		if o.Spec.PodManagementPolicy != "Parallel" {
			t.Error("the first pod would wait for others, which wait for it")
		}
		env := make(map[string]string)
		for _, v := range o.Spec.Template.Spec.Containers[0].Env {
			env[v.Name] = v.Value
		}
		delete(env, "POD_IP")
		if env["PARLOR_JOIN"] != o.Spec.ServiceName+":7946" {
			t.Errorf("nodes ask %s, and the service is %s", env["PARLOR_JOIN"], o.Spec.ServiceName)
		}
		startBy(t, with, env)
	}
	for _, want := range []string{"Service/parlor", "Service/" + names["StatefulSet/parlor"], "StatefulSet/parlor", "PodDisruptionBudget/parlor"} {
		if _, ok := names[want]; !ok {
			t.Errorf("there is no %s", want)
		}
	}
}

// startBy starts three nodes with the settings of a container's environment, but
// for the addresses and directories, and the names of key files.
func startBy(t *testing.T, with setup, env map[string]string) {
	t.Helper()
	files := strings.NewReplacer("/keys/node", filepath.Join(with.keys, "{node}"), "/keys/", with.keys+"/", "/tokens/", with.keys+"/")
	flags := []string{"serve"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		switch name {
		case "PARLOR_SERVER", "PARLOR_TOKEN_FILE", "PARLOR_NODE", "PARLOR_CLUSTER", "PARLOR_JOIN", "PARLOR_DATA":
			continue
		}
		flags = append(flags, fmt.Sprintf("--%s=%s", flagOf(name), files.Replace(env[name])))
	}
	wantTokens(t, nodetest.StartClusterWithToken(t, with.program, with.token, 3, flags...))
}

// wantTokens publishes and listens with a token, and wants neither to be possible
// without one.
func wantTokens(t *testing.T, cluster *nodetest.Cluster) {
	t.Helper()
	n := cluster.Nodes[0]
	stream := n.Open("/connect?room=a")
	n.Post("/broadcast?room=a", `{"n":1}`, nil)
	stream.Wait(1, "broadcast")
	nobody := nodetest.At(t, "n1, without a token", n.Address())
	for _, r := range []struct{ method, path, body string }{
		{http.MethodGet, "/connect?room=a", ""}, {http.MethodPost, "/broadcast?room=a", `{"n":2}`},
	} {
		if a, err := nobody.Ask(r.method, r.path, "", r.body); err != nil || a.Code() != "token_missing" {
			t.Errorf("%s %s without a token: %v, %v", r.method, r.path, a, err)
		}
	}
}

// flagOf returns the flag that a variable stands for.
func flagOf(variable string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, "PARLOR_")), "_", "-")
}

// readYAML decodes a file of one document into a value, or one of several into a
// slice. Python reads it, because nothing in this module can.
func readYAML(t *testing.T, file string, v any) {
	t.Helper()
	python := proctest.LookPath(t, "python3", "python3-yaml")
	if exec.Command(python, "-c", "import yaml").Run() != nil {
		t.Skip("Python can't read YAML: install the package python3-yaml")
	}
	const script = `import json, sys, yaml
documents = list(yaml.safe_load_all(open(sys.argv[1])))
print(json.dumps(documents[0] if len(documents) == 1 else documents))`
	out, err := exec.Command(python, "-c", script, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s", file, out)
	}
	if err := json.Unmarshal(out, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// foreign are flags in the files that are of other programs.
var foreign = []string{"--build", "--from", "--chown", "--system", "--home-dir", "--shell", "--now", "--from-file"}

// testVocabulary looks up every flag and variable that any file speaks of.
func testVocabulary(t *testing.T, with setup) {
	var help strings.Builder
	for _, command := range []string{"serve", "cert", "members", "token", "token secret"} {
		out, err := exec.Command(with.program, append(strings.Fields(command), "--help")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		help.Write(out)
	}
	known := regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(help.String(), -1)
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, ".go") })
	flags := regexp.MustCompile(`(?:^|[\s"'(\x60])(--[a-z][a-z-]*)`)
	variables := regexp.MustCompile(`PARLOR_[A-Z_]+`)
	seen := 0
	for _, file := range files {
		text := read(t, file)
		for _, m := range flags.FindAllStringSubmatch(text, -1) {
			if seen++; !slices.Contains(known, m[1]) && !slices.Contains(foreign, m[1]) {
				t.Errorf("%s names %s, which parlor does not know", file, m[1])
			}
		}
		for _, v := range variables.FindAllString(text, -1) {
			if seen++; v != "PARLOR_SERVER" && v != "PARLOR_TOKEN_FILE" && !slices.Contains(known, "--"+flagOf(v)) {
				t.Errorf("%s names %s, which parlor does not know", file, v)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d flags and variables were found in %v", seen, files)
	}
}
