package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// TestTail follows a room and two rooms by the program's own client, through a
// kill and an orderly restart of the server: every message once, in order.
func TestTail(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.publishN("a", 1, 3)
	s.publishN("b", 1, 1)
	tail := func(count int, rooms ...string) *proctest.Process {
		args := append([]string{"tail", "--server", s.url(""), "--count", fmt.Sprint(count)}, rooms...)
		return parlor(t, args...)
	}
	one, two := tail(20, "a"), tail(28, "b", "a")
	seen := func(p *proctest.Process, lines int) {
		t.Helper()
		proctest.Until(t, fmt.Sprintf("tail has printed %d lines", lines), func() bool { return len(p.Stdout.Lines()) >= lines })
	}
	seen(one, 3)
	seen(two, 4)
	sent := append(first, s.publishN("a", 4, 8)...)
	s.publishN("b", 2, 4)
	seen(one, 8)
	seen(two, 12)

	s.Kill()
	s = s.againHere()
	sent = append(sent, s.publishN("a", 9, 14)...)
	s.publishN("b", 5, 6)
	seen(one, 14)
	seen(two, 20)
	s.terminate()
	s = s.againHere()
	sent = append(sent, s.publishN("a", 15, 20)...)
	s.publishN("b", 7, 8)

	for _, p := range []*proctest.Process{one, two} {
		if code := p.Wait().ExitCode(); code != 0 {
			t.Errorf("%q ended with %d", p.Cmd.Args, code)
		}
		if said := p.Stderr.String(); strings.Contains(said, "!!!") || strings.Count(said, "connected to") != 3 {
			t.Errorf("%q said %s", p.Cmd.Args, said)
		}
	}
	var want []string
	for _, r := range sent {
		want = append(want, fmt.Sprintf("%s broadcast %s", r.ID, r.Data))
	}
	if got := one.Stdout.Lines(); !slices.Equal(got, want) {
		t.Errorf("printed:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var ofA []string
	for _, line := range two.Stdout.Lines() {
		if rest, ok := strings.CutPrefix(line, "a "); ok {
			ofA = append(ofA, rest)
		}
	}
	if got := len(two.Stdout.Lines()) - len(ofA); got != 8 || !slices.Equal(ofA, want) {
		t.Errorf("of two rooms printed %d and:\n%s\nwant 8 and:\n%s", got, strings.Join(ofA, "\n"), strings.Join(want, "\n"))
	}
}
