package deploy_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

func testNginx(t *testing.T, with setup) {
	nginx := proctest.LookPath(t, "nginx", "nginx")
	start := func(t *testing.T, listen string, nodes [3]string) *proctest.Process {
		t.Helper()
		config := nginxConfig(t, listen, nodes)
		args := append(nginxArgs(config), "-g", "daemon off; master_process off; pid "+config+".pid;")
		return proctest.StartListening(t, "tcp", listen, proctest.Command(t, nginx, args...))
	}
	t.Run("syntax", func(t *testing.T) {
		config := nginxConfig(t, ports.Local(ports.Take(t)), [3]string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"})
		out, err := exec.Command(nginx, append(nginxArgs(config), "-t", "-g", "pid "+config+".pid;")...).CombinedOutput()
		if err != nil || strings.Contains(string(out), "[warn]") {
			t.Errorf("nginx -t: %v\n%s", err, out)
		}
	})
	testProxy(t, with, start)
}

func nginxArgs(config string) []string {
	return []string{"-p", filepath.Dir(config), "-e", "stderr", "-c", config}
}

// nginxConfig is the file, with what depends on the place and the limits for
// silence replaced.
func nginxConfig(t *testing.T, listen string, nodes [3]string) string {
	t.Helper()
	changes := []string{
		"listen 80;", fmt.Sprintf("listen %s;", listen),
		"error_log /var/log/nginx/error.log crit;", "error_log stderr crit;",
		"access_log /var/log/nginx/access.log", "access_log /dev/stdout",
		"proxy_read_timeout 60s;", fmt.Sprintf("proxy_read_timeout %ds;", silence),
	}
	for i, n := range nodes {
		changes = append(changes, fmt.Sprintf("server n%d:8080 ", i+1), fmt.Sprintf("server %s ", n))
	}
	return adapted(t, "nginx.conf", changes...)
}
