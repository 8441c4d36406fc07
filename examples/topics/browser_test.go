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

// browser has people use the page, and a page of theirs use its client.
func browser(t *testing.T, program string) {
	b := chromium.Start(t)
	ownPage(t, b, program)
	people(t, b, program)
}

// people has two people use the page, one of them in two windows.
func people(t *testing.T, b *chromium.Browser, program string) {
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

	fay := b.NewTab(n.URL("/"))
	fay.Run(nil, `localStorage.setItem("token", arguments[0]);`, tokenOf(t, "fay"))
	fay.Open(n.URL("/"))
	fay.UntilText("#status", "Connected as fay")
	fay.Run(nil, `localStorage.removeItem("token");`)

	refused := signIn(b, n, "nonsense")
	refused.UntilText("#status", "The server refuses the connection")
	again.Look("topics")
	for _, tab := range []*chromium.Tab{ann, bob, again, eve, fay, refused} {
		tab.Calm()
	}
}

// ownPage has a page use SSEClient as its document shows it: given a token and
// nothing else, it subscribes to two topics and hands over what comes.
func ownPage(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program)
	tab := b.NewTab(n.URL("/"))
	tab.Run(nil, `const [token] = arguments;
		window.seen = [];
		import("/sse-client.js").then(({ SSEClient }) => {
			class Client extends SSEClient {
				handleNewEvent(event) { seen.push(event.title); }
				handleNotification(notification) { seen.push(notification.text); }
			}
			window.mine = new Client(token);
			mine.connect();
		});`, tokenOf(t, "ann"))
	untilStats(t, n, `{"totalClients":1,"totalTopics":2,"topics":{"events":1,"notifications":1}}`)
	create(t, n, "Clean up")
	post(t, n, "/api/admin/notification", sign(t, testSecret, adminPayload), `{"userId":"ann","text":"for ann alone"}`)
	tab.Until(`window.seen.join() === "Clean up,for ann alone"`)
	tab.Until(`window.mine.connected && window.mine.eventSource.readyState === EventSource.OPEN`)
	tab.Run(nil, `mine.disconnect();`)
	untilStats(t, n, `{"totalClients":0,"totalTopics":0,"topics":{}}`)
	tab.Until(`!window.mine.connected && window.mine.eventSource === null`)
	tab.Calm()
}
