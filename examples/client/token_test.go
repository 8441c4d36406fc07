package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
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

// tokens has a stream's token expire, which opens another with the next token, and
// then another stream of its user take its place, which ends it.
func tokens(t *testing.T, b *chromium.Browser, program string) {
	n := startGuarded(t, program, "--update", "0", "--one-stream-per-user")
	f := open(t, b, n.URL("/"))
	f.tab.Run(nil, watchTimers)
	f.useToken(tokenFor(t, "ada", 10*time.Second))
	f.connect("a")
	f.tab.Until(`window.heard.some((h) => h.event === "token-expiring")`)
	publish(n, "a", 1, 1)
	f.useToken(tokenFor(t, "ada", time.Hour))
	f.tab.Until(`window.heard.some((h) => h.event === "token-expired")`)
	publish(n, "a", 2, 2)
	f.untilState("open")
	f.wantNumbers("a", 1, 2)
	untilStreams(t, n, "a", 1)

	n.Token = tokenFor(t, "ada", time.Hour)
	n.Open("/connect?room=a")
	f.untilState("ended")
	f.tab.Run(nil, `return fetch("/demo.css");`) // the stream's end is noticed meanwhile
	f.tab.Until(`window.timers.size === 0`)      // so nothing can open another
	untilStreams(t, n, "a", 1)
	var told []string
	for _, h := range f.calls("onevent", "onstate") {
		if h.Event != "heartbeat" {
			told = append(told, h.Event+h.State)
		}
	}
	if got, want := fmt.Sprint(told), "[open token-expiring token-expired waiting open replaced ended]"; got != want {
		t.Errorf("the tab was told %s, want %s", got, want)
	}
	f.wantCalm()
}
