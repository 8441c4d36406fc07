package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"text/template"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/procstat"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
)

// nchan starts nginx with the Nchan module.
type nchan struct {
	nginx  string // path of the program; empty if there is none
	module string // path of the module; empty if there is none
}

// findNchan looks where Debian's packages put things.
func findNchan() nchan {
	var n nchan
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			n.nginx = path
			break
		}
	}
	for _, dir := range []string{"/usr/lib/nginx/modules", "/usr/share/nginx/modules"} {
		path := filepath.Join(dir, "ngx_nchan_module.so")
		if _, err := os.Stat(path); err == nil {
			n.module = path
			break
		}
	}
	return n
}

func (nchan) name() string { return "nchan" }

func (n nchan) missing() string {
	switch {
	case n.nginx == "":
		return "nginx is not installed (Debian: apt install nginx libnginx-mod-nchan)"
	case n.module == "":
		return "nginx has no Nchan module (Debian: apt install libnginx-mod-nchan)"
	}
	return ""
}

// nginxConfig gives Nchan what it can use, and leaves out what it need not do:
// access logs and chunks. It keeps as many messages a room as parlor does.
const nginxConfig = `load_module {{.Module}};
daemon off;
{{if .Root}}user root;{{end}}
worker_processes {{.Workers}};
worker_rlimit_nofile {{.Files}};
pid {{.Dir}}/nginx.pid;
error_log stderr error;
events { worker_connections {{.Files}}; }
http {
	access_log off;
	client_body_temp_path {{.Dir}}/body;
	proxy_temp_path {{.Dir}}/proxy;
	fastcgi_temp_path {{.Dir}}/fastcgi;
	uwsgi_temp_path {{.Dir}}/uwsgi;
	scgi_temp_path {{.Dir}}/scgi;
	keepalive_requests 1000000000;
	client_max_body_size 1m;
	nchan_shared_memory_size 512M;
	server {
		listen {{.Addr}} backlog=4096;
		chunked_transfer_encoding off;
		location = /publish {
			nchan_publisher;
			nchan_channel_id $arg_room;
			nchan_message_buffer_length 10;
			nchan_message_timeout 1h;
		}
		location = /subscribe {
			nchan_subscriber eventsource;
			nchan_channel_id $arg_room;
			nchan_subscriber_first_message newest;
		}
	}
}
`

func (n nchan) start(ctx context.Context, dir string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	files, err := procstat.MaxFiles()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := writeTemplate(config, nginxConfig, map[string]any{
		"Module": n.module, "Root": os.Geteuid() == 0, "Workers": runtime.NumCPU(),
		"Files": min(files, 1<<20), "Dir": dir, "Addr": addr,
	}); err != nil {
		return nil, err
	}
	c, err := startChild(ctx, exec.Command(n.nginx, "-e", "stderr", "-p", dir, "-c", config))
	if err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	if err := waitForPort(ctx, c, addr); err != nil {
		c.stop()
		return nil, c.failure(fmt.Errorf("start nginx: %w", err))
	}
	return &server{
		name: n.name(), addr: addr,
		connectPath: "/subscribe?room={room}", publishPath: "/publish?room={room}",
		mode: ssecheck.ByCounter, // its ids are times, which need not rise by one
		processes: func() ([]int, error) {
			return procstat.Children(c.pid()) // the workers; the master does nothing
		},
		stop: c.stop,
	}, nil
}

// writeTemplate fills in a template and writes it to a file.
func writeTemplate(path, text string, values any) error {
	t, err := template.New(filepath.Base(path)).Parse(text)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := t.Execute(f, values); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// freeAddr is a loopback address that nobody listens on at the moment, for
// servers that cannot choose a port and tell.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// waitForPort waits until a server accepts connections.
func waitForPort(ctx context.Context, c *child, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-c.ended:
			return fmt.Errorf("it ended: %v", c.cmd.ProcessState)
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
