package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// lead opens a tab that asks for tickets by a function, which counts in
// window.asked how often it is asked, and follows room a.
func lead(t *testing.T, b *chromium.Browser, url, ticket string) follower {
	t.Helper()
	f := open(t, b, url)
	f.tab.Run(nil, `window.asked = 0; window.ticket = () => { window.asked++; return (`+ticket+`)(); };`)
	f.connect("a")
	f.untilState("open")
	return f
}

// wantJoined has more published than the room keeps, and the tab that was there
// hear all of it. Then the ticket is to be had again, and the tab that has joined
// follows as well.
func wantJoined(n *nodetest.Node, there, joined follower) {
	there.t.Helper()
	publish(n, "a", 1, 20)
	there.wantNumbers("a", 1, 20)
	if states := fmt.Sprint(joined.calls("onstate")); states != "[]" {
		there.t.Errorf("the tab that has joined was told %s before it has a stream", states)
	}
	there.tab.Run(nil, `window.out = false;`)
	joined.untilState("open")
	publish(n, "a", 21, 21)
	there.wantNumbers("a", 1, 21)
	joined.wantNumbers("a", 11, 21)
	for _, f := range []follower{there, joined} {
		wantOpen(f)
		f.wantCalm()
	}
	untilStreams(there.t, n, "a", 1)
}

// joinedWithoutTicket has a tab join while no ticket is to be had.
func joinedWithoutTicket(t *testing.T, b *chromium.Browser, program string) {
	joinWhile(t, b, program, `async () => { if (window.out) throw new Error("no ticket"); return "any"; }`, `window.asked > 2`)
}

// joinedWhileItHangs has a tab join while a ticket is asked for and never comes. The
// server beats meanwhile.
func joinedWhileItHangs(t *testing.T, b *chromium.Browser, program string) {
	joinWhile(t, b, program, `async () => window.out ? new Promise(() => {}) : "any"`, `window.asked > 1`)
}

// joinWhile has a tab join while the leader gets no ticket by that function, until it
// has been asked so often.
func joinWhile(t *testing.T, b *chromium.Browser, program, ticket, asked string) {
	t.Helper()
	n := nodetest.Start(t, program, "--heartbeat", beat)
	there := lead(t, b, n.URL("/"), ticket)
	there.tab.Run(nil, `window.out = true;`)
	joined := open(t, b, n.URL("/"))
	joined.connect("a", "b")
	there.tab.Until(asked)
	wantJoined(n, there, joined)
}

// joinedInSilence has a tab join while the server is frozen. No connection breaks.
func joinedInSilence(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat, "--update", "0")
	tabs := []follower{follow(t, b, n.URL("/"), "a"), open(t, b, n.URL("/"))}
	publish(n, "a", 1, 3)
	tabs[0].wantNumbers("a", 1, 3)
	n.Stop()
	tabs[1].connect("a", "b")
	outlastFreeze(t, n, tabs)
}

// joinedAsOneUser has tabs join where a user has one stream: the next one has the server
// end the one before, which is not the end.
func joinedAsOneUser(t *testing.T, b *chromium.Browser, program string) {
	n := startGuarded(t, program, "--one-stream-per-user")
	var tabs []follower
	for i := range 4 {
		f := open(t, b, n.URL("/"))
		f.useToken(tokenFor(t, "ada", time.Hour))
		f.connect("a")
		f.untilState("open")
		tabs = append(tabs, f)
		publish(n, "a", i+1, i+1)
		f.wantNumbers("a", 1, i+1)
	}
	for _, f := range tabs {
		f.wantNumbers("a", 1, 4)
		wantOpen(f)
		f.wantCalm()
	}
	untilStreams(t, n, "a", 1)
}

// wantOpen wants the tab to have been told of no other state.
func wantOpen(f follower) {
	f.t.Helper()
	for _, h := range f.calls("onstate") {
		if h.State != "open" {
			f.t.Errorf("the tab was told %q", h.State)
		}
	}
}
