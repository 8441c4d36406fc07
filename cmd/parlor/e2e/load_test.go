package e2e_test

import (
	"runtime"
	"strings"
	"testing"
)

// TestLoad puts streams on two nodes by parlor bench: on two that take all of
// them, and on two of which one may not.
func TestLoad(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("parlor bench needs Linux")
	}
	t.Parallel()
	for name, test := range map[string]struct {
		more []string // flags of the second node
		code int
		says string
	}{
		"room for all":   {nil, 0, "connection success rate 100.00 % > 95 % pass"},
		"a node is full": {[]string{"--max-connections", "60"}, 1, "% > 95 % FAIL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fleet{t: t}
			f.add()
			f.add(test.more...)
			f.joined().start(f.nodes...)
			f.settled()
			p := parlor(t, "bench", "--nodes", f.nodes[0].url("")+","+f.nodes[1].url(""),
				"--streams", "50,200", "--rate", "10", "--ramp", "500ms", "--duration", "1s")
			code := p.Wait().ExitCode()
			said := p.Stdout.String()
			if code != test.code || !strings.Contains(strings.Join(strings.Fields(said), " "), test.says) {
				t.Errorf("ended with %d\n%s%s", code, said, p.Stderr.String())
			}
		})
	}
}
