package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// reading tells of the first Read of what it reads.
type reading struct {
	io.Reader
	begun context.CancelFunc
}

func (r reading) Read(p []byte) (int, error) {
	r.begun()
	return r.Reader.Read(p)
}

// TestInterruptEndsWaitForInput interrupts commands that wait for a standard input
// that stays open.
func TestInterruptEndsWaitForInput(t *testing.T) {
	for name, args := range map[string][]string{
		"publish": {"publish", "lobby", "-"},
		"explain": {"token", "explain", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			stdin, open := io.Pipe()
			defer open.Close()
			var stdout, stderr bytes.Buffer
			code := make(chan int, 1)
			go func() {
				code <- run(ctx, args, process{stdin: reading{stdin, interrupt}, stdout: &stdout, stderr: &stderr})
			}()
			select {
			case got := <-code:
				if said := stderr.String(); got != 1 || !strings.Contains(said, "standard input: interrupted") {
					t.Errorf("exit code %d, and %q", got, said)
				}
			case <-time.After(10 * time.Second):
				t.Error("it still waits")
			}
		})
	}
}
