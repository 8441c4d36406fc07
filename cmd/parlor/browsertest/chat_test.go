package browsertest

import (
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// startChat starts the chat example and returns the URL that it says to open.
func startChat(t *testing.T, parlor string) string {
	t.Helper()
	path, err := buildChat()
	if err != nil {
		t.Fatal(err)
	}
	chat := proctest.Start(t, proctest.Command(t, path, "--listen", "127.0.0.1:0", "--parlor", parlor))
	return chat.Says(`^open (\S+)\n`)
}

// enter opens the chat in the window and joins a room.
func (b *browser) enter(url, room, name string) {
	b.t.Helper()
	b.Open(url)
	b.Write("#room", room)
	b.Write("#name", name)
	b.Click("#join button")
	b.Until(`document.getElementById("state").dataset.state === "open"`)
}

func (b *browser) say(text string) {
	b.t.Helper()
	b.Write("#text", text)
	b.Click("#say button")
}

// talk returns what the window shows as said, one line a message.
func (b *browser) talk() string {
	b.t.Helper()
	var lines []string
	b.Run(&lines, `
		const said = document.querySelectorAll("#messages li:not(.divider)");
		return [...said].map((li) => li.querySelector("b").textContent + ": " + li.querySelector("p").textContent);`)
	return strings.Join(lines, "\n")
}

// untilTalk waits until the window shows exactly these lines.
func (b *browser) untilTalk(lines ...string) {
	b.t.Helper()
	b.Until(`document.querySelectorAll("#messages li:not(.divider)").length >= arguments[0]`, len(lines))
	if got, want := b.talk(), strings.Join(lines, "\n"); got != want {
		b.t.Fatalf("the chat shows\n%s\nwant\n%s", got, want)
	}
}

func TestChat(t *testing.T) {
	t.Parallel()
	ada := newBrowser(t)
	s := startServer(t, "--update", "200ms")
	url := startChat(t, s.URL(""))
	ada.enter(url, "lobby", "Ada")
	grace := ada.newWindow()
	grace.enter(url, "lobby", "Grace")
	grace.UntilText("#here", "2 here")

	grace.say("Hello, Ada")
	ada.untilTalk("Grace: Hello, Ada")
	ada.say(hostile)
	grace.untilTalk("Grace: Hello, Ada", "Ada: "+hostile)
	grace.showsAsText("#messages")
	grace.calm()

	// Both keep on talking while the server is gone. Nothing gets lost or comes
	// twice, and what one person says keeps its order.
	s.Kill()
	grace.Until(`document.getElementById("state").dataset.state === "waiting"`)
	grace.say("Are you there?")
	grace.say("Hello?")
	grace.Until(`document.querySelectorAll("#unsent li").length === 2`)
	s.Run()
	want := []string{"Grace: Hello, Ada", "Ada: " + hostile, "Grace: Are you there?", "Grace: Hello?"}
	grace.untilTalk(want...)
	grace.Until(`document.querySelectorAll("#unsent li").length === 0`)
	ada.untilTalk(want...)
	ada.calm("net::ERR_")

	// A page that is loaded again is where it was.
	ada.Run(nil, "location.reload();")
	ada.untilTalk(want...)
	ada.Click("#leave")
	s.untilConnections("lobby", 1)
}

// TestChatMissesMessages is away for longer than the room keeps messages, and
// comes back to a server that lost them all.
func TestChatMissesMessages(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := startServer(t, "--history", "2")
	b.enter(startChat(t, s.URL("")), "lobby", "Ada")
	b.say("1")
	b.untilTalk("Ada: 1")
	s.Kill()
	s.apart(func() {
		for _, object := range []string{`{"message":"2"}`, `{"message":"3"}`, `{"message":"4","from":"Grace"}`} {
			s.publish("lobby", "", object)
		}
	})
	s.Run()
	b.untilTalk("Ada: 1", "somebody: 3", "Grace: 4")
	b.UntilText(".divider", "1 earlier message is no longer kept")

	s.Kill()
	s.Forget()
	s.apart(func() { s.publish("lobby", "", `{"message":"anew","from":"Grace"}`) })
	s.Run()
	b.UntilText(".divider", "The room begins anew here")
	b.untilTalk("Grace: anew")
	b.calm("net::ERR_")
}

func TestChatSaysWhatIsRefused(t *testing.T) {
	b := newBrowser(t)
	s := startServer(t)
	b.enter(startChat(t, s.URL("")), "lobby", "Ada")
	b.Run(nil, `document.getElementById("text").maxLength = 100000; document.getElementById("text").value = "long".repeat(20000);`)
	b.Click("#say button")
	b.Until(`document.querySelector("#unsent .failed")?.title.includes("larger")`)
	b.say("short")
	b.untilTalk("Ada: short")
	b.calm("413")
}
