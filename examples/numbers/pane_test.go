package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
)

// few is how many numbers tests look at: so many that two streams never say the
// same ones, and fewer than a pane keeps while a test looks elsewhere.
const few = 5

// pane is one client of a page.
type pane struct {
	tab   *chromium.Tab
	index int // in the page
}

// part returns the selector of something in the pane.
func (p pane) part(css string) string { return fmt.Sprintf(".pane:nth-child(%d) %s", p.index+1, css) }

// connect enters an id and connects.
func (p pane) connect(id string) {
	p.tab.Write(p.part("input"), id)
	p.press("connect")
}

// press clicks on a button.
func (p pane) press(button string) { p.tab.Click(p.part(`[name="` + button + `"]`)) }

// untilState waits until the pane shows a state, a status and an error, or none.
func (p pane) untilState(state, status, failure string) {
	p.tab.Until(`((pane) => pane.dataset.state === arguments[1] && pane.querySelector(".status").textContent === arguments[2] &&
		pane.querySelector(".error").textContent === arguments[3] && pane.querySelector(".error").hidden === (arguments[3] === ""))
		(document.querySelectorAll(".pane")[arguments[0]])`, p.index, state, status, failure)
}

// untilOpen waits until the pane says that it is connected.
func (p pane) untilOpen(id string) { p.untilState("open", "Connected to "+id, "") }

// untilNumbers waits until the pane shows so many numbers or more.
func (p pane) untilNumbers(count int) {
	p.tab.Until(`document.querySelectorAll(arguments[0]).length >= arguments[1]`, p.part(".history li"), count)
}

// numbers returns the numbers that the pane shows, oldest first, with their times.
func (p pane) numbers() []string {
	var shown []string
	p.tab.Run(&shown, `return [...document.querySelectorAll(arguments[0])].reverse().map((li) =>
		li.querySelector("time").dateTime + " " + li.querySelector("b").textContent);`, p.part(".history li"))
	return shown
}

// goesOn waits until the pane shows a number that is newer than all that were
// shown before.
func (p pane) goesOn(before []string) {
	p.tab.Until(`document.querySelector(arguments[0])?.dateTime > arguments[1]`, p.part(".history time"), before[len(before)-1])
}

// wantTheSameShown wants the newest few numbers that one showed to be a part of
// what another shows that has listened for as long and was looked at later.
func wantTheSameShown(t *testing.T, one, another []string) {
	t.Helper()
	newest := one[max(0, len(one)-few):]
	at := slices.Index(another, newest[0])
	if at < 0 || at+len(newest) > len(another) || !slices.Equal(another[at:at+len(newest)], newest) {
		t.Errorf("one shows\n%s\nanother one\n%s", strings.Join(one, "\n"), strings.Join(another, "\n"))
	}
}

// wantOthersShown wants the newest few numbers of two streams to be different.
func wantOthersShown(t *testing.T, one, another []string) {
	t.Helper()
	plain := func(shown []string) (numbers []string) {
		for _, s := range shown[len(shown)-few:] {
			numbers = append(numbers, strings.Fields(s)[1])
		}
		return numbers
	}
	if a, b := plain(one), plain(another); slices.Equal(a, b) {
		t.Errorf("two streams show the same numbers %q", a)
	}
}
