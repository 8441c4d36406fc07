package main

import (
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// signIn opens the page in a window and connects.
func signIn(b *chromium.Browser, n *nodetest.Node, token string) *chromium.Tab {
	tab := b.NewTab(n.URL("/"))
	tab.Write("#token", token)
	tab.Click("#connect")
	return tab
}

// browser has two people use the page, one of them in two windows.
func browser(t *testing.T, program string) {
	b := chromium.Start(t)
	n := nodetest.Start(t, program)
	const hostile = `<img src=x onerror=alert(1)>`
	ann := signIn(b, n, tokenOf(t, "ann"))
	ann.UntilText("#status", "Connected as ann")
	bob := signIn(b, n, tokenOf(t, "bob"))
	bob.UntilText("#status", "Connected as bob")
	untilStats(t, n, `{"totalClients":2,"totalTopics":2,"topics":{"events":2,"notifications":2}}`)
	bob.Write("#title", hostile)
	bob.Click("#create button")
	ann.UntilText("#events", hostile)
	bob.UntilText("#events", hostile)

	ann.Click("#subscribe button[type=submit]")
	ann.UntilText("#subscriptions", "events, notifications, posts, tasks")
	untilStats(t, n, `{"totalClients":2,"totalTopics":4,"topics":{"events":2,"notifications":2,"posts":1,"tasks":1}}`)
	ann.Click("#subscribe button[name=unsubscribe]")
	ann.Until(`document.getElementById("subscriptions").textContent === "events, notifications"`)
	post(t, n, "/api/admin/notification", sign(t, testSecret, adminPayload), `{"userId":"ann","text":"for ann alone"}`)
	ann.UntilText("#events", "for ann alone")
	ann.Write("#topics", "a/b")
	ann.Click("#subscribe button[type=submit]")
	ann.UntilText("#error", "is not a name")

	again := signIn(b, n, tokenOf(t, "ann"))
	again.UntilText("#status", "Connected as ann")
	ann.UntilText("#status", "Replaced by a newer connection")
	n.Kill()
	again.UntilText("#status", "Reconnecting")
	n.Run()
	again.UntilText("#status", "Connected as ann")
	untilStats(t, n, `{"totalClients":2,"totalTopics":2,"topics":{"events":2,"notifications":2}}`)

	eve := b.NewTab(n.URL("/"))
	eve.Run(nil, `const real = window.fetch;
		window.fetch = () => Promise.reject(new Error("no network"));
		window.mend = () => { window.fetch = real; };`)
	eve.Write("#token", tokenOf(t, "eve"))
	eve.Click("#connect")
	eve.UntilText("#status", "Not subscribed: no network")
	untilStats(t, n, `{"totalClients":3,"totalTopics":2,"topics":{"events":2,"notifications":2}}`)
	eve.Run(nil, `window.mend()`)
	eve.UntilText("#status", "Connected as eve")
	untilStats(t, n, `{"totalClients":3,"totalTopics":2,"topics":{"events":3,"notifications":3}}`)

	refused := signIn(b, n, "nonsense")
	refused.UntilText("#status", "The server refuses the connection")
	again.Look("topics")
	for _, tab := range []*chromium.Tab{ann, bob, again, eve, refused} {
		tab.Calm()
	}
}
