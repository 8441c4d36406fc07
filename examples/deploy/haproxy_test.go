package deploy_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

func testHAProxy(t *testing.T, with setup) {
	haproxy := proctest.LookPath(t, "haproxy", "haproxy")
	start := func(t *testing.T, listen string, nodes [3]string) *proctest.Process {
		t.Helper()
		return proctest.StartListening(t, "tcp", listen, proctest.Command(t, haproxy, "-db", "-f", haproxyConfig(t, listen, nodes)))
	}
	t.Run("syntax", func(t *testing.T) {
		config := haproxyConfig(t, ports.Local(ports.Take(t)), [3]string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"})
		out, err := exec.Command(haproxy, "-c", "-f", config).CombinedOutput()
		if err != nil || strings.Contains(string(out), "[WARNING]") {
			t.Errorf("haproxy -c: %v\n%s", err, out)
		}
	})
	testProxy(t, with, start)
}

// haproxyConfig is the file, with what depends on the place and the limits for
// silence replaced, and with fewer connections: HAProxy does not start where it
// may not have the descriptors.
func haproxyConfig(t *testing.T, listen string, nodes [3]string) string {
	t.Helper()
	changes := []string{
		"bind :80 ", fmt.Sprintf("bind %s ", listen),
		"maxconn 100000 ", "maxconn 1000 ",
		"timeout server 60s", fmt.Sprintf("timeout server %ds", silence),
		"timeout client 60s", fmt.Sprintf("timeout client %ds", silence),
	}
	for i, n := range nodes {
		changes = append(changes, fmt.Sprintf("server n%[1]d n%[1]d:8080 ", i+1), fmt.Sprintf("server n%d %s ", i+1, n))
	}
	return adapted(t, "haproxy.cfg", changes...)
}
