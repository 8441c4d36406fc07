package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/examples/exampletest"
)

// watchTimers keeps the timers that have yet to run out in window.timers.
const watchTimers = `
window.timers = new Set();
const set = setTimeout, clear = clearTimeout;
window.setTimeout = (run, ...more) => {
	const id = set((...args) => {
		window.timers.delete(id);
		run(...args);
	}, ...more);
	window.timers.add(id);
	return id;
};
window.clearTimeout = (id) => {
	window.timers.delete(id);
	clear(id);
};`

// tokens has a server say what becomes of a stream's token, and that another
// stream of its user took its place. The server is the test's own: a real one takes
// half a minute to say the first.
func tokens(t *testing.T, b *exampletest.Browser, _ string) {
	var streams atomic.Int32
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /connect", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: Connected to SSE stream\n\n")
		if streams.Add(1) == 1 {
			fmt.Fprint(w, "event: token-expiring\ndata: {}\n\nevent: token-expired\ndata: {}\n\n")
			return
		}
		fmt.Fprint(w, "event: replaced\ndata: {}\n\n")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f := open(t, b, server.URL+"/")
	f.tab.Run(nil, watchTimers)
	f.connect("a")
	f.untilState("ended")
	f.tab.Run(nil, `return fetch("/demo.css");`) // the stream's end is noticed meanwhile
	f.tab.Until(`window.timers.size === 0`)      // so nothing can open another
	var told []string
	for _, h := range f.calls("onevent", "onstate") {
		told = append(told, h.Event+h.State)
	}
	if got, want := fmt.Sprint(told), "[open token-expiring token-expired waiting open replaced ended]"; got != want {
		t.Errorf("the tab was told %s, want %s", got, want)
	}
	if n := streams.Load(); n != 2 {
		t.Errorf("%d streams were opened, want 2", n)
	}
	f.tab.Calm()
}
