package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// logs wants the program to log who connects, and what it says.
func logs(t *testing.T, program string) {
	p, line := proctest.StartReady(t, proctest.Command(t, program, "--interval", "50ms", "--listen", "127.0.0.1:0",
		"--admin", "off", "--data", t.TempDir(), "--ready-fd", proctest.ReadyFD))
	var address string
	if _, err := fmt.Sscanf(line, "listen=%s", &address); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + address + "/sse/test1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, want := range []string{`msg="client connects" component=numbers stream=test1`, `msg=number component=rooms room=test1`} {
		proctest.Eventually(t, "the log has "+want, func() error {
			if said := p.Said(); !strings.Contains(said, want) {
				return fmt.Errorf("it is\n%s", said)
			}
			return nil
		})
	}
}
