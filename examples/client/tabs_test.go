package main

import (
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// eightTabs opens more tabs than a browser opens connections to one server, while
// messages come.
func eightTabs(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	publish(n, "a", 1, 3)
	var tabs []follower
	for i := range 8 {
		tabs = append(tabs, follow(t, b, n.URL("/"), "a"))
		tabs[i].wantNumbers("a", 1, 3+i)
		publish(n, "a", 4+i, 4+i)
	}
	untilStreams(t, n, "a", 1)
	publish(n, "a", 12, 60)
	for i, f := range tabs {
		f.wantNumbers("a", max(1, 4+i-10), 60)
		f.wantCalm()
	}
	untilStreams(t, n, "a", 1)
}

// differentRooms has the one stream carry the rooms of all tabs, and drop those of
// which the last tab is closed.
func differentRooms(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	publish(n, "b", 1, 3)
	ab := follow(t, b, n.URL("/"), "a", "b")
	bc := follow(t, b, n.URL("/"), "b", "c")
	publish(n, "a", 1, 3)
	publish(n, "b", 4, 6)
	publish(n, "c", 1, 3)
	ab.wantNumbers("a", 1, 3)
	bc.wantNumbers("c", 1, 3)
	d := follow(t, b, n.URL("/"), "d")
	publish(n, "d", 1, 1)
	publish(n, "b", 7, 9)
	d.wantNumbers("d", 1, 1)
	for _, f := range []follower{ab, bc} {
		f.wantNumbers("b", 1, 9)
		f.wantCalm()
	}
	for _, room := range []string{"a", "b", "c", "d"} {
		untilStreams(t, n, room, 1)
	}
	for _, h := range d.calls("onmessage", "onevent") {
		if h.Room != "d" && h.Room != "" {
			t.Errorf("who follows d is told %+v", h)
		}
	}

	bc.tab.Close()
	e := follow(t, b, n.URL("/"), "e")
	untilStreams(t, n, "c", 0)
	publish(n, "a", 4, 4)
	ab.wantNumbers("a", 1, 4)
	e.wantCalm()

	ab.tab.Run(nil, "window.handle.close();")
	untilStreams(t, n, "d", 1)
	publish(n, "a", 5, 5)
	publish(n, "d", 2, 2)
	d.wantNumbers("d", 1, 2)
	ab.wantNumbers("a", 1, 4)
}

// closedAtOnce closes before the tab has its locks, and follows again.
func closedAtOnce(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	f := open(t, b, n.URL("/"))
	f.tab.Run(nil, `return import("/parlor.js").then(({ connect }) => connect({ url: "/connect", rooms: ["a"] }).close());`)
	f.connect("a")
	f.untilState("open")
	publish(n, "a", 1, 3)
	f.wantNumbers("a", 1, 3)
	f.wantCalm()
	untilStreams(t, n, "a", 1)
}

// fragment follows by a URL with a fragment, which is not for the server.
func fragment(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	f := open(t, b, n.URL("/"))
	f.tab.Run(nil, `window.url = "/connect#top";`)
	f.connect("a")
	f.untilState("open")
	untilStreams(t, n, "a", 1)
	publish(n, "a", 1, 3)
	f.wantNumbers("a", 1, 3)
	f.wantCalm()
}

// leaderClosed closes the tab that has the stream, again and again, while messages
// come.
func leaderClosed(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	var tabs []follower
	for range 4 {
		tabs = append(tabs, follow(t, b, n.URL("/"), "a"))
	}
	at := 1
	for len(tabs) > 1 {
		lead, others := leader(t, tabs)
		publish(n, "a", at, at+2)
		lead.tab.Close()
		publish(n, "a", at+3, at+5)
		for _, f := range others {
			f.wantNumbers("a", 1, at+5)
			f.wantCalm()
		}
		at += 6
		tabs = others
	}
	untilStreams(t, n, "a", 1)
}

// leaderFrozen freezes the tab that has the stream, as browsers do with what is
// not looked at. Another takes its place; thawed, it follows.
func leaderFrozen(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat, "--update", "0")
	tabs := []follower{follow(t, b, n.URL("/"), "a"), follow(t, b, n.URL("/"), "a")}
	lead, others := leader(t, tabs)
	publish(n, "a", 1, 3)
	lead.wantNumbers("a", 1, 3)
	lead.tab.Freeze()
	publish(n, "a", 4, 6)
	others[0].wantNumbers("a", 1, 6)
	lead.tab.Thaw()
	publish(n, "a", 7, 9)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 9)
		f.wantCalm()
	}
	untilStreams(t, n, "a", 1)
}

// noLocks takes Web Locks away, as they are on plain HTTP: each tab has a stream.
func noLocks(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	var tabs []follower
	for range 2 {
		f := open(t, b, n.URL("/"))
		f.tab.Run(nil, `Object.defineProperty(navigator, "locks", { value: undefined });`)
		f.connect("a", "b")
		f.untilState("open")
		tabs = append(tabs, f)
	}
	untilStreams(t, n, "a", 2)
	publish(n, "a", 1, 3)
	publish(n, "b", 1, 3)
	n.Kill()
	n.Run()
	publish(n, "a", 4, 6)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 6)
		f.wantNumbers("b", 1, 3)
		f.wantCalm()
	}
	tabs[0].tab.Run(nil, "window.handle.close();")
	untilStreams(t, n, "a", 1)
}
