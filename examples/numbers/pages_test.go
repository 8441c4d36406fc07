package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// pages uses the pages as people do, in a real browser.
func pages(t *testing.T, program string) {
	b := chromium.Start(t)
	for _, use := range []func(*testing.T, *chromium.Browser, string){
		twoTabs, disconnecting, boundedHistory, errorsTold, sideBySide, fromAFile,
	} {
		use(t, b, program)
	}
}

func twoTabs(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--interval", "200ms")
	open := func(id string) pane {
		p := pane{tab: b.NewTab(n.URL("/"))}
		p.connect(id)
		p.untilOpen(id)
		return p
	}
	first, second, other := open("test1"), open("test1"), open("test2")
	other.untilNumbers(few)
	others := other.numbers()
	second.untilNumbers(few)
	shown := second.numbers()
	first.goesOn(shown)
	wantTheSameShown(t, shown, first.numbers())
	wantOthersShown(t, shown, others)
	for _, p := range []pane{first, second, other} {
		p.tab.Calm()
	}
}

func disconnecting(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--interval", "100ms")
	p := pane{tab: b.NewTab(n.URL("/"))}
	p.connect("test1")
	p.untilNumbers(few)
	untilListeners(t, n, "test1", 1)
	p.press("disconnect")
	p.untilState("closed", "Not connected", "")
	untilListeners(t, n, "test1", 0)
	before := p.numbers()

	// Numbers that are said meanwhile do not show.
	l := listen(t, n, "test1")
	missed := l.next()
	l.close()
	if after := p.numbers(); !slices.Equal(after, before) {
		t.Errorf("%d numbers were shown when it was disconnected, later %d", len(before), len(after))
	}
	p.press("connect")
	p.goesOn(before)
	after := p.numbers()
	if !slices.Contains(after, before[0]) || slices.Contains(after, fmt.Sprint(missed.Timestamp, " ", missed.Number)) {
		t.Errorf("after %s was missed, it shows %q, and before %q", missed.data, after, before)
	}
	p.tab.Calm()
}

func boundedHistory(t *testing.T, b *chromium.Browser, program string) {
	const bound = 100
	n := nodetest.Start(t, program, "--interval", "10ms")
	p := pane{tab: b.NewTab(n.URL("/index.html"))}
	p.connect("täglich <b>")
	p.untilNumbers(bound)
	before := p.numbers()
	p.goesOn(before)
	after := p.numbers()
	if len(before) != bound || len(after) != bound || before[0] == after[0] || !slices.IsSorted(after) {
		t.Errorf("%d numbers %q, then %d %q", len(before), before, len(after), after)
	}
	p.untilOpen("täglich <b>")
	p.press("disconnect")
	p.press("clear")
	if left := p.numbers(); len(left) != 0 {
		t.Errorf("%d numbers are left", len(left))
	}
	p.tab.Calm()
}

func errorsTold(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--interval", "200ms")
	p := pane{tab: b.NewTab(n.URL("/"))}
	for _, id := range []string{"", "   "} {
		p.connect(id)
		p.untilState("failed", "Not connected", "The server refuses the connection (400): Invalid stream ID")
	}
	p.connect("..") // browsers take it for the way up
	p.untilState("failed", "Not connected", "The server answers with text/html; charset=utf-8, which is no event stream.")

	p.connect("test1")
	p.untilNumbers(few)
	before := p.numbers()
	n.Kill()
	p.untilState("waiting", "Reconnecting…", "The connection to the server is lost. The browser goes on trying.")
	p.tab.Look("waiting")
	n.Run()
	p.untilOpen("test1")
	p.goesOn(before)
	newest := before[len(before)-1]
	if after := p.numbers(); !slices.Contains(after, newest) {
		t.Errorf("%q are forgotten, it shows %q", before, after)
	}
	p.connect("test2")
	p.untilOpen("test2")
	p.untilNumbers(1)
	if after := p.numbers(); slices.Contains(after, newest) {
		t.Error("numbers of two streams are in one history")
	}
	p.tab.Calm()
}

// fromAFile opens the page without a server, with the address of one written into it.
func fromAFile(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--interval", "200ms")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("page")); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, "index.html")
	html, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	html = bytes.ReplaceAll(html, []byte("http://localhost:3000"), []byte(n.URL("")))
	if err := os.WriteFile(index, html, 0o600); err != nil {
		t.Fatal(err)
	}
	p := pane{tab: b.NewTab("file://" + index)}
	p.connect("test1")
	p.untilOpen("test1")
	p.untilNumbers(few)
	p.tab.Calm()
}

func sideBySide(t *testing.T, b *chromium.Browser, program string) {
	n := nodetest.Start(t, program, "--interval", "200ms")
	tab := b.NewTab(n.URL("/test-multi-client.html"))
	tab.Look("several closed")
	ids := []string{"test1", "test1", "test2", "test3"}
	panes := make([]pane, len(ids))
	shown := make([][]string, len(ids))
	tab.Click("#connect-all")
	for i, id := range ids {
		panes[i] = pane{tab: tab, index: i}
		panes[i].untilOpen(id)
	}
	for i, p := range panes {
		p.untilNumbers(2 * few)
		shown[i] = p.numbers()
	}
	tab.Look("several open")
	wantOthersShown(t, shown[1], shown[2])
	wantOthersShown(t, shown[2], shown[3])

	untilListeners(t, n, "test1", 2)
	panes[1].press("disconnect")
	panes[1].untilState("closed", "Not connected", "")
	untilListeners(t, n, "test1", 1)
	last := panes[1].numbers()
	panes[0].goesOn(last)
	wantTheSameShown(t, last, panes[0].numbers())
	tab.Click("#disconnect-all")
	for i, id := range ids {
		panes[i].untilState("closed", "Not connected", "")
		untilListeners(t, n, id, 0)
	}
	tab.Calm()
}
