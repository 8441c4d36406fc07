package serve

import (
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// refusal is a command line, or an environment, that no node must take.
type refusal struct {
	name    string
	args    []string
	environ []string
	want    []string // the beginnings of the lines
}

// exposed is what is said of every file with a secret that all may read.
const exposed = "it is secret, and others than its owner can read or write it: its mode is 0644 and should be 0600"

// checkRefusals wants exit code 2 and, for each thing that is wrong, one line
// that names the key.
func checkRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t.Context(), Program{Environ: pure(tc.environ)}, tc.args...)
			if got.code != cli.ExitUsage || got.stdout != "" {
				t.Errorf("code %d, output %q", got.code, got.stdout)
			}
			lines := strings.Split(strings.TrimSuffix(got.stderr, "\n"), "\n")
			if len(lines) != len(tc.want) {
				t.Fatalf("lines %q, want %q", lines, tc.want)
			}
			for _, want := range tc.want {
				if !strings.Contains(got.stderr, "parlor serve: "+want) {
					t.Errorf("wrote %q, want %q", got.stderr, want)
				}
			}
		})
	}
}

func TestServeRefuses(t *testing.T) {
	certFile, keyFile := certificate(t)
	_, otherKey := certificate(t)
	file := func(content string) []string { return []string{"--config", writeFile(t, "parlor.conf", content)} }
	checkRefusals(t, []refusal{
		{"unknown flag", []string{"--histroy", "3"}, nil, []string{"there is no flag --histroy (did you mean --history?)"}},
		{"argument", []string{"x"}, nil, []string{"wrong number of arguments"}},
		{"unknown variable", nil, []string{"PARLOR_HISTROY=3"}, []string{"PARLOR_HISTROY: there is no such setting (did you mean PARLOR_HISTORY?)"}},
		{"variable like a port", nil, []string{"PARLOR_PORT=8080"}, []string{"PARLOR_PORT: "}},
		{"unknown key in the file", file("histroy = 3"), nil, []string{"histroy: there is no such setting (did you mean history?)"}},
		{"key twice in the file", file("history = 3\nhistory = 4"), nil, []string{"history: is set twice"}},
		{"line without =", file("history 3"), nil, []string{"config: "}},
		{"file that names a file", file("config = x"), nil, []string{"config: "}},
		{"file that is not there", []string{"--config", "/does/not/exist"}, nil, []string{"config: "}},
		{"file that is too large", file(strings.Repeat("#\n", maxConfigFile)), nil, []string{"config: "}},
		{"empty value in the file", file("host ="), nil, []string{"host: "}},

		{"beyond loopback", []string{"--listen", ":8080"}, nil, []string{"listen: :8080 can be reached"}},
		{"beyond loopback, admin", []string{"--admin", "0.0.0.0:1"}, nil, []string{"admin: "}},
		{"beyond loopback, by environment", nil, []string{"PARLOR_LISTEN=10.0.0.1:80"}, []string{"listen: "}},
		{"the same address", []string{"--admin", "127.0.0.1:8080"}, nil, []string{"admin: "}},
		{"no port", []string{"--listen", "127.0.0.1"}, nil, []string{"listen: "}},
		{"port out of range", []string{"--listen", "127.0.0.1:70000"}, nil, []string{"listen: "}},
		{"port by name", []string{"--admin", "127.0.0.1:http"}, nil, []string{"admin: "}},
		{"empty data", []string{"--data", ""}, nil, []string{"data: "}},
		{"node", []string{"--node", "a b"}, nil, []string{"node: "}},
		{"node too long", []string{"--node", strings.Repeat("n", 65)}, nil, []string{"node: "}},
		{"durability", []string{"--durability", "none"}, nil, []string{"durability: "}},
		{"history 0", []string{"--history", "0"}, nil, []string{"history: "}},
		{"history 1001", []string{"--history", "1001"}, nil, []string{"history: "}},
		{"history of words", []string{"--history", "ten"}, nil, []string{"history: "}},
		{"negative update", []string{"--update", "-1s"}, nil, []string{"update: "}},
		{"update without a unit", []string{"--update", "3"}, nil, []string{"update: "}},
		{"update too often", []string{"--update", "1ns"}, nil, []string{"update: "}},
		{"heartbeat 0", []string{"--heartbeat", "0"}, nil, []string{"heartbeat: "}},
		{"heartbeat below 1s", []string{"--heartbeat", "999ms"}, nil, []string{"heartbeat: "}},
		{"queue of none", []string{"--queue-messages", "0"}, nil, []string{"queue-messages: "}},
		{"queue of 1 byte", []string{"--queue-bytes", "1"}, nil, []string{"queue-bytes: "}},
		{"queue of foos", []string{"--queue-bytes", "12foo"}, nil, []string{"queue-bytes: "}},
		{"slow", []string{"--slow", "drop"}, nil, []string{"slow: "}},
		{"idle 0", []string{"--idle", "0"}, nil, []string{"idle: "}},
		{"negative drain", []string{"--drain", "-1s"}, nil, []string{"drain: "}},
		{"origin with a path", []string{"--cors-origin", "http://a/b"}, nil, []string{"cors-origin: "}},
		{"origin null", []string{"--cors-origin", "null"}, nil, []string{"cors-origin: "}},
		{"origin in capitals", []string{"--cors-origin", "HTTP://a"}, nil, []string{"cors-origin: "}},
		{"origin * and another", []string{"--cors-origin", "*,http://a"}, nil, []string{"cors-origin: "}},
		{"no origin", []string{"--cors-origin", ""}, nil, []string{"cors-origin: "}},
		{"host as a URL", []string{"--host", "http://a"}, nil, []string{"host: "}},
		{"insecure perhaps", nil, []string{"PARLOR_INSECURE=perhaps"}, []string{"insecure: "}},
		{"certificate without key", []string{"--tls-cert", certFile}, nil, []string{"tls-key: "}},
		{"key without certificate", []string{"--tls-key", keyFile}, nil, []string{"tls-cert: "}},
		{"certificate that is not there", []string{"--tls-cert", "/no", "--tls-key", keyFile}, nil, []string{"tls-cert: "}},
		{"certificate of another key", []string{"--tls-cert", certFile, "--tls-key", otherKey}, nil, []string{"tls-cert: "}},
		{"no streams", []string{"--streams-per-ip", "0"}, nil, []string{"streams-per-ip: "}},
		{"negative streams", []string{"--max-connections", "-1"}, nil, []string{"max-connections: "}},
		{"log format", []string{"--log-format", "xml"}, nil, []string{"log-format: "}},
		{"log level", []string{"--log-level", "loud"}, nil, []string{"log-level: "}},
		{"standard output", []string{"--ready-fd", "1"}, nil, []string{"ready-fd: "}},

		{"everything at once", append(file("slow = no\nnonsense = 1"), "--listen", ":1"), []string{"PARLOR_IDLE=x", "PARLOR_FOO=1"},
			[]string{"PARLOR_FOO: ", "nonsense: ", "slow: ", "idle: ", "listen: "}},
	})
}

// TestForeignVariables accepts what container runtimes set for a service that
// is named after the program.
func TestForeignVariables(t *testing.T) {
	_, err := load(t, nil, []string{
		"PARLOR_SERVICE_HOST=10.0.0.1", "PARLOR_SERVICE_PORT=80", "PARLOR_SERVICE_PORT_HTTP=80",
		"PARLOR_PORT=tcp://10.0.0.1:80", "PARLOR_PORT_80_TCP=tcp://10.0.0.1:80", "PARLOR_PORT_80_TCP_PROTO=tcp",
		"PARLOR_PORT_80_TCP_PORT=80", "PARLOR_PORT_80_TCP_ADDR=10.0.0.1",
		"PARLOR_ADMIN_SERVICE_HOST=10.0.0.2", "PARLOR_ADMIN_PORT=udp://10.0.0.2:81",
		"PARLOR_SERVER=http://127.0.0.1:1", "PARLORX=1", "NOT_PARLOR_X=1",
	})
	if err != nil {
		t.Error(err)
	}
}
