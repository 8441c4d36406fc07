package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// nginx starts a proxy in front of the server, with the given lines in its
// location, and returns the socket that it listens on.
func nginx(t *testing.T, upstream, location string) (socket string) {
	t.Helper()
	program := proctest.LookPath(t, "nginx", "nginx")
	dir, err := os.MkdirTemp("", "nginx") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "socket")
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server {
		listen unix:%[1]s/socket;
		location / {
			proxy_pass http://%[2]s;
			%[3]s
		}
	}
}
`, dir, upstream, location)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	proctest.StartListening(t, "unix", socket, proctest.Command(t, program, "-p", dir, "-e", "stderr", "-c", file))
	return socket
}

// TestNginx puts a proxy in front that nobody has told of event streams.
func TestNginx(t *testing.T) {
	t.Parallel()
	for name, location := range map[string]string{
		"proxy_pass alone": "",
		"HTTP 1.1":         `proxy_http_version 1.1; proxy_set_header Connection "";`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			socket := nginx(t, s.addr, location)
			dial := unixSocket(socket)
			proxied := *s // publishes by way of the proxy
			proxied.client = &http.Client{Timeout: proctest.Patience, Transport: &http.Transport{
				DisableKeepAlives: true,
				DialContext:       func(context.Context, string, string) (net.Conn, error) { return dial() },
			}}

			st := openBy(t, dial, "/connect?room=a")
			if e := st.next(); string(e.Data) != greeting {
				t.Fatalf("the stream begins with %s", e.Data)
			}
			var sent []receipt
			for n := range 5 {
				r := proxied.publish("a", fmt.Sprintf(`{"n":%d}`, n))
				r.want(t, st.message())
				sent = append(sent, r)
			}
			back := openBy(t, dial, "/connect?room=a", resumeAt(sent[2].ID))
			sent[3].want(t, back.message())
			sent[4].want(t, back.message())
			plain := openBy(t, dial, "/events?room=a&lastEventId="+sent[3].ID)
			if e := plain.message(); e.ID != sent[4].ID {
				t.Errorf("/events went on with %s %s", e.ID, e.Data)
			}
			st.close()
			proctest.Until(t, "the server knows that a reader has left", func() bool { return s.metric("parlor_streams_open") == 2 })
			s.terminate()
			back.rest()
		})
	}
}
