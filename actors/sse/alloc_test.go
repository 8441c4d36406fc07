//go:build !race

// The race detector allocates on its own account.

package sse_test

import (
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

func TestAllocs(t *testing.T) {
	event := sse.Event{Name: "broadcast", ID: "7-42", Data: []byte("{\"a\":1}\nx"), Retry: time.Second}
	buf := make([]byte, 0, 256)
	stream := []byte(":heartbeat\n\nevent: broadcast\ndata: {}\n\nevent: broadcast\ndata: {}\ndata: {}\n\n")
	p := sse.NewParser(sse.Options{})
	count := 0
	emit := func(sse.Event) { count++ }
	for name, run := range map[string]func(){
		"AppendEvent":   func() { buf = sse.AppendEvent(buf[:0], event) },
		"AppendComment": func() { buf = sse.AppendComment(buf[:0], "heartbeat") },
		"ValidName":     func() { _ = sse.ValidName("broadcast") && !sse.Reserved("broadcast") },
		"Feed without ids": func() {
			if err := p.Feed(stream, emit); err != nil {
				t.Error(err)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	if count == 0 {
		t.Error("nothing was parsed")
	}
}
