package main

import (
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// demoPage uses the page as a person does.
func demoPage(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program)
	var tabs []*chromium.Tab
	for range 2 {
		tab := b.NewTab(n.URL("/"))
		tab.Click("#join button")
		tab.UntilText("#state", "open")
		tabs = append(tabs, tab)
	}
	const hostile = `<img src=x onerror=alert(1)>`
	tabs[0].Write("#text", hostile)
	tabs[0].Click("#say button")
	for _, tab := range tabs {
		tab.UntilText("#messages", hostile)
		tab.UntilText("#streams", "1")
		tab.Look("client")
	}
	tabs[1].Click("#leave")
	tabs[1].UntilText("#state", "not connected")
	for _, tab := range tabs {
		tab.Calm()
	}
}
