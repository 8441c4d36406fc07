package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// beat is the servers' heartbeat in these tests, the shortest there is.
const beat = "1s"

// follower is a tab that follows rooms through parlor.js and notes what it is told.
type follower struct {
	t   *testing.T
	tab *chromium.Tab
}

// heard is one call of a callback.
type heard struct {
	Name  string // of the callback
	Room  string
	Event string
	State string
	From  int
	To    int
	N     int // of a message
}

// connectScript follows rooms and notes each call. Tests that want
// tickets set window.ticket before, and window.url those that want another URL.
const connectScript = `
const [rooms, heartbeat] = arguments;
return import("/parlor.js").then(({ connect }) => {
	window.heard ??= [];
	const note = (name) => (m) => window.heard.push(typeof m === "string"
		? { name, state: m }
		: { name, room: m.room, event: m.event, from: m.from, to: m.to, n: m.data?.n });
	const on = Object.fromEntries(["onmessage", "onevent", "ongap", "onreset", "onstate"].map((name) => [name, note(name)]));
	window.handle = connect({ url: window.url ?? "/connect", rooms, heartbeat, ticket: window.ticket, ...on });
});`

// open shows the page in a new tab, which follows nothing yet.
func open(t *testing.T, b *chromium.Browser, url string) follower {
	t.Helper()
	return follower{t, b.NewTab(url)}
}

// follow opens a tab on rooms, and returns when it is told that the stream is open.
func follow(t *testing.T, b *chromium.Browser, url string, rooms ...string) follower {
	t.Helper()
	f := open(t, b, url)
	f.connect(rooms...)
	f.untilState("open")
	return f
}

func (f follower) connect(rooms ...string) {
	f.t.Helper()
	f.tab.Run(nil, connectScript, rooms, 1000)
}

// calls returns what the tab was told so far by these callbacks.
func (f follower) calls(names ...string) []heard {
	f.t.Helper()
	var all []heard
	f.tab.Run(&all, "return window.heard;")
	return slices.DeleteFunc(all, func(h heard) bool { return !slices.Contains(names, h.Name) })
}

// untilState waits until this is the last state that the tab was told.
func (f follower) untilState(state string) {
	f.t.Helper()
	f.tab.Until(`window.heard.findLast((h) => h.name === "onstate")?.state === arguments[0]`, state)
}

// wantNumbers waits until the tab has heard the messages from first to last of a
// room, and wants each once, in order, and no others.
func (f follower) wantNumbers(room string, first, last int) {
	f.t.Helper()
	f.tab.Until(`window.heard.some((h) => h.name === "onmessage" && h.room === arguments[0] && h.n === arguments[1])`, room, last)
	var got []int
	for _, h := range f.calls("onmessage") {
		if h.Room == room {
			got = append(got, h.N)
		}
	}
	var want []int
	for n := first; n <= last; n++ {
		want = append(want, n)
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("heard of %s: %v, want %d to %d", room, got, first, last)
	}
}

// wantCalm wants the tab to have been told of nothing missing, and its page to
// have failed in nothing.
func (f follower) wantCalm() {
	f.t.Helper()
	if bad := f.calls("ongap", "onreset"); len(bad) > 0 {
		f.t.Errorf("the tab was told %+v", bad)
	}
	f.tab.Calm()
}

// leads reports whether the tab is the one with the stream.
func (f follower) leads() bool {
	f.t.Helper()
	var leads bool
	f.tab.Run(&leads, `return navigator.locks.request("me" + Math.random(), async ({ name }) => {
		const { held } = await navigator.locks.query();
		const me = held.find((l) => l.name === name).clientId;
		return held.some((l) => l.clientId === me && l.name.endsWith("heartbeat=event"));
	});`)
	return leads
}

// leader waits until one of the tabs leads, and returns it and the others.
func leader(t *testing.T, tabs []follower) (follower, []follower) {
	t.Helper()
	at := -1
	proctest.Eventually(t, "one of the tabs leads", func() error {
		if at = slices.IndexFunc(tabs, follower.leads); at < 0 {
			return fmt.Errorf("none of %d", len(tabs))
		}
		return nil
	})
	return tabs[at], slices.Delete(slices.Clone(tabs), at, at+1)
}

// publish publishes the messages from first to last, {"n":first} and so on.
func publish(n *nodetest.Node, room string, first, last int) {
	for i := first; i <= last; i++ {
		n.Post("/broadcast?room="+room, fmt.Sprintf(`{"n":%d}`, i), nil)
	}
}

// untilStreams waits until so many streams are open to a room.
func untilStreams(t *testing.T, n *nodetest.Node, room string, count int) {
	t.Helper()
	proctest.Eventually(t, fmt.Sprintf("%d streams are open to %s", count, room), func() error {
		var info struct{ ConnectionCount int }
		if n.Get("/rooms/"+room, &info); info.ConnectionCount != count {
			return fmt.Errorf("%d are", info.ConnectionCount)
		}
		return nil
	})
}
