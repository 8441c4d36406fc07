package main

import (
	"fmt"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// nodeKilled has the server be gone while messages are published.
func nodeKilled(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	tabs := []follower{follow(t, b, n.URL("/"), "a", "b"), follow(t, b, n.URL("/"), "a")}
	publish(n, "a", 1, 3)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 3)
	}
	n.Kill()
	for _, f := range tabs {
		f.untilState("waiting")
	}
	n.Apart(func(apart *nodetest.Node) {
		publish(apart, "a", 4, 8)
		publish(apart, "b", 1, 2)
	})
	n.Run()
	publish(n, "a", 9, 12)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 12)
		f.untilState("open")
		f.wantCalm()
	}
	tabs[0].wantNumbers("b", 1, 2)
	untilStreams(t, n, "a", 1)
}

// nodeFrozen stops the server for a while. No connection breaks, but nothing comes.
func nodeFrozen(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat, "--update", "0")
	tabs := []follower{follow(t, b, n.URL("/"), "a"), follow(t, b, n.URL("/"), "a")}
	publish(n, "a", 1, 3)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 3)
	}
	n.Stop()
	outlastFreeze(t, n, tabs)
}

// outlastFreeze has tabs of room a wait for a server that was stopped after three
// messages, and lets it go on.
func outlastFreeze(t *testing.T, n *nodetest.Node, tabs []follower) {
	t.Helper()
	for _, f := range tabs {
		f.untilState("waiting")
	}
	n.Continue()
	publish(n, "a", 4, 6)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 6)
		f.untilState("open")
		f.wantCalm()
	}
	untilStreams(t, n, "a", 1)
}

// missedAndLost has tabs miss more than the room keeps, and then come back to a
// room that has lost everything.
func missedAndLost(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat, "--history", "2")
	tabs := []follower{follow(t, b, n.URL("/"), "a", "quiet"), follow(t, b, n.URL("/"), "a", "quiet")}
	publish(n, "a", 1, 1)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 1)
		f.tab.Until(`window.heard.some((h) => h.event === "update")`)
	}
	n.Kill()
	n.Apart(func(apart *nodetest.Node) {
		publish(apart, "a", 2, 6)
		publish(apart, "quiet", 1, 3)
	})
	n.Run()
	for _, f := range tabs {
		f.tab.Until(`window.heard.filter((h) => h.name === "onmessage").length === 5`)
		f.wantCalls("[ongap a 2-4 ongap quiet 1-1]", "ongap", "onreset")
		f.wantCalls("[onmessage a 1 onmessage a 5 onmessage a 6 onmessage quiet 2 onmessage quiet 3]", "onmessage")
	}

	n.Kill()
	n.Forget()
	n.Run()
	for _, f := range tabs {
		f.tab.Until(`window.heard.filter((h) => h.name === "onreset").length === 2`)
	}
	publish(n, "a", 7, 7)
	for _, f := range tabs {
		f.tab.Until(`window.heard.some((h) => h.n === 7)`)
		f.wantCalls("[ongap a 2-4 ongap quiet 1-1 onreset a onreset quiet]", "ongap", "onreset")
		f.tab.Calm()
	}
}

// missedFirst has tabs lose the stream of an empty room before anything came, and
// miss the room's first messages.
func missedFirst(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--update", "0", "--history", "2")
	tabs := []follower{follow(t, b, n.URL("/"), "a"), follow(t, b, n.URL("/"), "a")}
	n.Kill()
	n.Apart(func(apart *nodetest.Node) { publish(apart, "a", 1, 6) })
	n.Run()
	for _, f := range tabs {
		f.tab.Until(`window.heard.some((h) => h.n === 6)`)
		f.wantCalls("[ongap a 1-4 onmessage a 5 onmessage a 6]", "ongap", "onreset", "onmessage")
		f.tab.Calm()
	}
}

// refused wants what the server will never give. It is asked for it once.
func refused(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--heartbeat", beat)
	f := open(t, b, n.URL("/"))
	f.connect("a,b")
	f.untilState("ended")
	f.wantCalls("[onstate ]", "onstate")
	f.tab.Run(nil, `window.handle.close(); window.heard = [];`)
	f.connect("no spaces, please")
	f.untilState("ended")
	f.tab.Run(nil, `window.heard = [];`)
	other := open(t, b, n.URL("/"))
	other.connect("a") // asks for its room as well, and is refused with the other one's
	other.untilState("ended")
	f.tab.Run(nil, `window.handle.close();`)
	other.tab.Run(nil, `window.handle.close();`)
	other.connect("a")
	other.untilState("open")
	publish(n, "a", 1, 1)
	other.wantNumbers("a", 1, 1)
	other.wantCalm()
}

// wantCalls wants the tab to have been told just this by these callbacks.
func (f follower) wantCalls(want string, names ...string) {
	f.t.Helper()
	var told []string
	for _, h := range f.calls(names...) {
		switch h.Name {
		case "ongap":
			told = append(told, fmt.Sprintf("%s %s %d-%d", h.Name, h.Room, h.From, h.To))
		case "onmessage":
			told = append(told, fmt.Sprintf("%s %s %d", h.Name, h.Room, h.N))
		default:
			told = append(told, h.Name+" "+h.Room)
		}
	}
	if got := fmt.Sprint(told); got != want {
		f.t.Errorf("the tab was told %s, want %s", got, want)
	}
}
