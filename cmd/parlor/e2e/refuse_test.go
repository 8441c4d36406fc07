package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// refused runs a server that can't start, and returns how it ended, what it
// wrote, and how long that took.
func refused(t *testing.T, env []string, args ...string) (code int, said string, took time.Duration) {
	t.Helper()
	cmd := proctest.Command(t, binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(cmd.Env, env...)
	begin := time.Now()
	p := proctest.Start(t, cmd)
	code = p.Wait().ExitCode()
	if out := p.Stdout.String(); out != "" {
		t.Errorf("standard output: %q", out)
	}
	return code, p.Stderr.String(), time.Since(begin)
}

// TestSecondProcess wants a data directory to belong to one process.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	s := start(t)
	st := s.open("/connect?room=a")
	s.publish("a", `{"n":1}`).want(t, st.message())

	code, said, took := refused(t, nil, "--data", s.data)
	if code != 2 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "data: ") || !strings.Contains(said, s.data) {
		t.Errorf("code %d, %q", code, said)
	}
	within := 2 * time.Second
	if proctest.Race {
		within *= 5
	}
	if took > within {
		t.Errorf("the second process took %v to give up", took)
	}
	t.Logf("gave up after %v: %s", took, said)

	next := s.publish("a", `{"n":2}`)
	next.want(t, st.message())
	s.Kill()
	s = s.again()
	next.want(t, s.open("/connect?room=a&replay=1").message())
}

// TestRefusedSettings wants one sentence that names what is wrong, wherever it
// was set.
func TestRefusedSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "parlor.conf")
	if err := os.WriteFile(file, []byte("history = 10\nqueue-bytes = lots\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, env string
		args      []string
		want      string
	}{
		{"flag", "", []string{"--histroy", "3"}, "--histroy"},
		{"value", "", []string{"--slow", "drop"}, "slow: "},
		{"environment", "PARLOR_HEARTBEAT=soon", nil, "heartbeat: "},
		{"unknown variable", "PARLOR_HISTROY=3", nil, "PARLOR_HISTROY: "},
		{"file", "", []string{"--config", file}, "queue-bytes: "},
		{"no file", "", []string{"--config", file + ".no"}, "config: "},
		{"beyond loopback", "", []string{"--listen", "0.0.0.0:0"}, "listen: "},
		{"half of TLS", "", []string{"--tls-cert", file}, "tls-key: "},
		{"data is a file", "", []string{"--data", plain}, "data: "},
		{"data can't be made", "", []string{"--data", filepath.Join(plain, "x")}, "data: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := filepath.Join(dir, "data")
			code, said, _ := refused(t, []string{tc.env}, append([]string{"--data", data}, tc.args...)...)
			if code != 2 || strings.Count(said, "\n") != 1 || !strings.Contains(said, tc.want) {
				t.Errorf("code %d, %q", code, said)
			}
			if _, err := os.Stat(data); err == nil {
				t.Error("the data directory was made before the refusal")
			}
		})
	}
}

// TestAddressTaken wants a sentence, and data left alone.
func TestAddressTaken(t *testing.T) {
	t.Parallel()
	s := start(t)
	for flag, addr := range map[string]string{"--listen": s.addr, "--admin": s.admin} {
		code, said, _ := refused(t, nil, flag, addr, "--data", t.TempDir())
		if code == 0 || strings.Count(said, "\n") != 1 || !strings.Contains(said, addr) {
			t.Errorf("%s: code %d, %q", flag, code, said)
		}
	}
	s.publish("a", `{}`)
}

// TestReadyDescriptorIsNotOpen wants a descriptor that nobody passed on to be
// refused: by the time the server is ready its number stands for a file or a
// socket of its own.
func TestReadyDescriptorIsNotOpen(t *testing.T) {
	t.Parallel()
	for _, fd := range []string{"5", "6", "99"} {
		p := parlor(t, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", t.TempDir(), "--ready-fd", fd)
		proctest.Until(t, "the server has ended or serves", func() bool {
			return p.Ended() || strings.Contains(p.Stderr.String(), "msg=serving")
		})
		_ = p.Cmd.Process.Kill()
		state, said := p.Wait(), p.Stderr.String()
		if state.ExitCode() != 2 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "ready-fd: ") {
			t.Errorf("--ready-fd %s: %v, %.300q", fd, state, said)
		}
	}
}
