package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/chromium"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

const isOpen = `document.getElementById("state").dataset.state === "open"`

// join opens the page in a window and goes through its door.
func join(b *chromium.Browser, n *nodetest.Node, name string) *chromium.Tab {
	tab := b.NewTab(n.URL("/"))
	tab.Write("#name", name)
	tab.Click("#door button")
	tab.Until(isOpen)
	return tab
}

func say(tab *chromium.Tab, text string) {
	tab.Write("#text", text)
	tab.Click("#say button")
}

// untilSaid waits until the page shows exactly these messages, in their order.
func untilSaid(t *testing.T, tab *chromium.Tab, messages ...string) {
	t.Helper()
	proctest.Eventually(t, fmt.Sprintf("the page shows %q", messages), func() error {
		var lines []string
		tab.Run(&lines, `return [...document.querySelectorAll("#messages [data-n]")].map(
			(item) => item.querySelector("b").textContent + ": " + item.querySelector("p").textContent);`)
		if !slices.Equal(lines, messages) {
			return fmt.Errorf("it shows %q", lines)
		}
		return nil
	})
}

// browser has people talk in two windows, close one of them, and the program be
// killed and started again.
func browser(t *testing.T, program string) {
	b := chromium.Start(t)
	n := nodetest.Start(t, program)
	ada := join(b, n, "ada")
	ada.UntilText("#people", "ada (you)")
	bob := join(b, n, "bob")
	bob.UntilText("#count", "2 people")
	ada.UntilText("#messages", "bob joined")
	ada.UntilText("#people", "bob")

	const hostile = `<img src=x onerror=alert(1)><script>alert(2)</script>`
	say(ada, "Hello, Bob")
	untilSaid(t, bob, "ada: Hello, Bob")
	say(bob, hostile)
	untilSaid(t, ada, "ada: Hello, Bob", "bob: "+hostile)
	if len(ada.Texts("#messages img")) > 0 {
		t.Error("what was said became HTML")
	}
	ada.Look("chat open")

	// What is refused says why, and what comes after it is said.
	say(ada, " . ")
	ada.Run(nil, `document.getElementById("text").maxLength = 1000;`)
	say(ada, strings.Repeat("x", 501))
	ada.Until(`document.querySelector("#unsent .failed")?.title.includes("501 characters")`)

	bob.Close()
	ada.UntilText("#messages", "bob left")
	ada.UntilText("#count", "1 person")

	n.Kill()
	ada.Until(`document.getElementById("state").dataset.state === "waiting"`)
	say(ada, "Anybody?")
	ada.UntilText("#unsent", "Anybody?")
	n.Run()
	ada.Until(isOpen)
	want := []string{"ada: Hello, Bob", "bob: " + hostile, "ada: .", "ada: Anybody?"}
	untilSaid(t, ada, want...)
	ada.Run(nil, "location.reload();")
	untilSaid(t, ada, want...)
	ada.Calm()
}

// browserAway has a page miss more than the room's history holds, and then come
// back to a room that has lost everything. It says so, and shows what there is.
func browserAway(t *testing.T, program string) {
	b := chromium.Start(t)
	n := nodetest.Start(t, program, "--history", "2")
	ada := join(b, n, "ada")
	say(ada, "0")
	untilSaid(t, ada, "ada: 0")
	n.Kill()
	n.Apart(func(apart *nodetest.Node) {
		for i := range 5 {
			apart.Post(speak, fmt.Sprintf(`{"from":"bob","message":"%d"}`, i+1), nil)
		}
	})
	n.Run()
	ada.UntilText(".divider", "You missed 3 events")
	untilSaid(t, ada, "ada: 0", "bob: 1", "bob: 2", "bob: 3", "bob: 4", "bob: 5")
	ada.Look("chat gap")

	n.Kill()
	n.Forget()
	n.Run()
	ada.UntilText(".divider", "begins anew")
	if a, err := n.Ask(http.MethodPost, speak, "", `{"from":"bob","message":"anew"}`); err != nil || a.Status != http.StatusOK {
		t.Fatal(a, err)
	}
	untilSaid(t, ada, "bob: anew")
	ada.Calm()
}
