package serve

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// withSize is a program with a flag, which bounds what may be published.
func withSize(size *int) Program {
	return Program{
		Name: "counter", About: "Counts visitors.", Listen: "127.0.0.1:9000", Data: "./counter-data",
		Heartbeat: 40 * time.Second, Environ: []string{},
		Flags: func(fs *flag.FlagSet) { fs.IntVar(size, "max-size", 10, "`BYTES` of a message") },
		Tune:  func(edge *httpfront.Config, _ *actors.Config) { edge.MaxBody = *size },
	}
}

// TestProgram has a program take part in everything that it may.
func TestProgram(t *testing.T) {
	var size int
	p := withSize(&size)
	var calls []string
	p.Kinds = []actors.Kind{{Name: "counter"}}
	tune := p.Tune
	p.Tune = func(edge *httpfront.Config, rooms *actors.Config) {
		calls = append(calls, "tune")
		if size != 16 || edge.Node != "n1" || rooms.Store == nil || rooms.History != 5 || rooms.Heartbeat != 40*time.Second || len(rooms.Kinds) != 1 || rooms.Kinds[0].Name != "counter" {
			t.Errorf("size %d, edge %+v, rooms %+v", size, edge, rooms)
		}
		rooms.Kinds = nil // this test is not about what they do
		tune(edge, rooms)
	}
	p.Routes = func(n *Node) ([]httpfront.Route, error) {
		calls = append(calls, "routes")
		_, err := n.Rooms().Info(t.Context(), persistence.RoomKey{Kind: actors.DefaultKind, Name: "a"})
		return nil, err
	}
	published := make(chan struct{})
	metric := prometheus.NewCounter(prometheus.CounterOpts{Name: "counter_visitors_total", Help: "Visitors."})
	p.Started = func(ctx context.Context, n *Node) error {
		n.Registry().MustRegister(metric)
		n.Logger().Info("counting", "node", n.Name())
		_, err := n.Rooms().Publish(ctx, actors.Publication{
			Room: persistence.RoomKey{Kind: actors.DefaultKind, Name: "a"}, Body: []byte(`{"n":1}`),
		})
		close(published)
		return errors.Join(err, untilEnd(ctx, n))
	}
	r := start(t, p, "--max-size", "16", "--history", "5")
	<-published
	if len(calls) != 2 || calls[0] != "tune" || calls[1] != "routes" {
		t.Errorf("calls %q", calls)
	}
	addr := r.node.Addr().String()
	if status, body := r.do(http.MethodPost, addr, "/broadcast?room=a", `{"message":"Hi"}`); status != http.StatusOK {
		t.Errorf("16 bytes: %d %s", status, body)
	}
	if status, body := r.do(http.MethodPost, addr, "/broadcast?room=a", `{"message":"Ho!"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("17 bytes: %d %s", status, body)
	}
	if status, body := r.do(http.MethodGet, addr, "/rooms/a/history", ""); status != http.StatusOK || !strings.Contains(body, `"n":1`) {
		t.Errorf("history: %d %s", status, body)
	}
	if _, body := r.do(http.MethodGet, r.node.admin.Addr().String(), "/metrics", ""); !strings.Contains(body, "\ncounter_visitors_total 0\n") {
		t.Error("the program's metric is not shown")
	}
	if got := r.stop(); got.err != nil || !strings.Contains(got.stderr, "msg=counting component=counter node=n1\n") {
		t.Errorf("got %+v", got)
	}
}

func TestRoutesMayFail(t *testing.T) {
	data := t.TempDir()
	p := Program{
		Environ: []string{},
		Routes:  func(*Node) ([]httpfront.Route, error) { return nil, errBroken },
		Started: func(context.Context, *Node) error { t.Error("started"); return nil },
	}
	got := run(t.Context(), p, "--listen", "127.0.0.1:0", "--admin", "off", "--data", data)
	if !errors.Is(got.err, errBroken) || got.code != cli.ExitFailure || strings.Contains(got.stderr, "msg=serving") {
		t.Errorf("got %+v", got)
	}
	start(t, Program{}, "--data", data).stop() // it is not locked
}

func TestProgramHelp(t *testing.T) {
	var size int
	got := run(t.Context(), withSize(&size), "--help")
	if !errors.Is(got.err, flag.ErrHelp) || got.code != cli.ExitOK || got.stderr != "" {
		t.Errorf("got %+v", got)
	}
	for _, want := range []string{
		`^Usage:\n\n  counter \[FLAGS\]\n\nCounts visitors\. Without any flag`,
		`(?s)keeps its\s+data in\s+\./counter-data\. SIGTERM`,
		`\n\nFlags of counter:\n\n  --max-size BYTES  BYTES of a message \(default 10\)\n\nFlags of every node:\n\n  --listen `,
		`--listen HOST:PORT .*\(default 127\.0\.0\.1:9000\)\n`,
		`--data DIR .*\(default \./counter-data\)\n`,
		`(?s)--heartbeat DURATION .{0,150}\(default\s+40s\)\n`,
		`\n  --config FILE`,
	} {
		if !regexp.MustCompile(want).MatchString(got.stdout) {
			t.Errorf("help lacks %q:\n%s", want, got.stdout)
		}
	}
	if plain := run(t.Context(), Program{Environ: []string{}}, "-h").stdout; strings.Contains(plain, "Flags of") || !strings.Contains(plain, "parlor serve [FLAGS]\n\nRuns a server. ") {
		t.Errorf("help without a program:\n%s", plain)
	}
}

func TestProgramRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "counter.conf")
	if err := os.WriteFile(file, []byte("max-size = 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := func(names ...string) func(*Program) {
		return func(p *Program) {
			p.Flags = func(fs *flag.FlagSet) {
				for _, name := range names {
					fs.String(name, "", "")
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		args   []string
		change func(*Program)
		code   int
		want   string
	}{
		"a bad value":                 {[]string{"--max-size", "many"}, nil, cli.ExitUsage, `--max-size: "many" will not do: parse error`},
		"no value":                    {[]string{"--max-size"}, nil, cli.ExitUsage, "--max-size needs a value"},
		"a flag like its own":         {[]string{"--maxsize=3"}, nil, cli.ExitUsage, "there is no flag --maxsize (did you mean --max-size?)"},
		"a flag like a node's":        {[]string{"--histroy=3"}, nil, cli.ExitUsage, "there is no flag --histroy (did you mean --history?)"},
		"an argument":                 {[]string{"x"}, nil, cli.ExitUsage, "wrong number of arguments; the usage is: counter [FLAGS]"},
		"its flag in the environment": {nil, func(p *Program) { p.Environ = []string{"PARLOR_MAX_SIZE=3"} }, cli.ExitUsage, "PARLOR_MAX_SIZE: there is no such setting"},
		"its flag in the file":        {[]string{"--config", file}, nil, cli.ExitUsage, "max-size: there is no such setting (set by " + file + ":1)"},
		"a setting":                   {[]string{"--history", "0"}, nil, cli.ExitUsage, `history: "0" is not a whole number from 1 to 1000 (set by --history)`},
		"a default that will not do":  {nil, func(p *Program) { p.Listen = "nowhere" }, cli.ExitUsage, `listen: "nowhere" is not of the form HOST:PORT (set by default)`},
		"a default for all to reach":  {nil, func(p *Program) { p.Listen = ":9000" }, cli.ExitUsage, "listen: :9000 can be reached from other machines, and anybody who reaches it may publish and subscribe; set jwt-key-file, or insecure if that is meant"},
		"a flag of every node":        {nil, flags("history"), cli.ExitFailure, "the program declares --history, which is a flag of every node"},
		"help":                        {[]string{"--help"}, flags("h"), cli.ExitFailure, "the program declares --h, which is a flag of every node"},
		"help in full":                {nil, flags("help"), cli.ExitFailure, "the program declares --help, which is a flag of every node"},
	} {
		t.Run(name, func(t *testing.T) {
			var size int
			p := withSize(&size)
			p.Tune = func(*httpfront.Config, *actors.Config) { t.Error("it goes on") }
			if tc.change != nil {
				tc.change(&p)
			}
			got := run(t.Context(), p, tc.args...)
			if got.code != tc.code || got.stdout != "" || got.stderr != "counter: "+tc.want+"\n" {
				t.Errorf("got %+v, want code %d and %q", got, tc.code, tc.want)
			}
		})
	}
}
