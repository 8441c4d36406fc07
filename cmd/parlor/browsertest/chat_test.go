package browsertest

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"
)

// startChat starts the chat example and returns the URL that it says to open.
func startChat(t *testing.T, parlor string) string {
	t.Helper()
	path, err := buildChat()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--listen", "127.0.0.1:0", "--parlor", parlor)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	startChild(t, cmd)
	line, _ := bufio.NewReader(out).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "open ")
	if !found {
		t.Fatalf("the chat does not start: %q", line)
	}
	return url
}

// enter opens the chat in the window and joins a room.
func (b *browser) enter(url, room, name string) {
	b.t.Helper()
	b.open(url)
	b.write("#room", room)
	b.write("#name", name)
	b.click("#join button")
	b.until(`document.getElementById("state").dataset.state === "open"`)
}

func (b *browser) say(text string) {
	b.t.Helper()
	b.write("#text", text)
	b.click("#say button")
}

// talk returns what the window shows as said, one line a message.
func (b *browser) talk() string {
	b.t.Helper()
	var lines []string
	b.run(&lines, `
		const said = document.querySelectorAll("#messages li:not(.divider)");
		return [...said].map((li) => li.querySelector("b").textContent + ": " + li.querySelector("p").textContent);`)
	return strings.Join(lines, "\n")
}

// untilTalk waits until the window shows exactly these lines.
func (b *browser) untilTalk(lines ...string) {
	b.t.Helper()
	b.until(`document.querySelectorAll("#messages li:not(.divider)").length >= arguments[0]`, len(lines))
	if got, want := b.talk(), strings.Join(lines, "\n"); got != want {
		b.t.Fatalf("the chat shows\n%s\nwant\n%s", got, want)
	}
}

func TestChat(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := startServer(t, "--update", "200ms")
	url := startChat(t, s.url)
	b.enter(url, "lobby", "Ada")
	ada, grace := b.newWindow()
	b.enter(url, "lobby", "Grace")
	b.untilText("#here", "2 here")

	b.say("Hello, Ada")
	b.to(ada)
	b.untilTalk("Grace: Hello, Ada")
	b.say(hostile)
	b.to(grace)
	b.untilTalk("Grace: Hello, Ada", "Ada: "+hostile)
	b.showsAsText("#messages")
	b.calm()

	// Both keep on talking while the server is gone. Nothing gets lost or comes
	// twice, and what one person says keeps its order.
	s.proc.kill()
	b.until(`document.getElementById("state").dataset.state === "waiting"`)
	b.say("Are you there?")
	b.say("Hello?")
	b.until(`document.querySelectorAll("#unsent li").length === 2`)
	s.again()
	want := []string{"Grace: Hello, Ada", "Ada: " + hostile, "Grace: Are you there?", "Grace: Hello?"}
	b.untilTalk(want...)
	b.until(`document.querySelectorAll("#unsent li").length === 0`)
	b.to(ada)
	b.untilTalk(want...)
	b.calm("net::ERR_")

	// A page that is loaded again is where it was.
	b.run(nil, "location.reload();")
	b.untilTalk(want...)
	b.click("#leave")
	s.untilConnections("lobby", 1)
}

// TestChatMissesMessages is away for longer than the room keeps messages, and
// comes back to a server that lost them all.
func TestChatMissesMessages(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := startServer(t, "--history", "2")
	b.enter(startChat(t, s.url), "lobby", "Ada")
	b.say("1")
	b.untilTalk("Ada: 1")
	s.proc.kill()
	s.apart(func() {
		for _, object := range []string{`{"message":"2"}`, `{"message":"3"}`, `{"message":"4","from":"Grace"}`} {
			s.publish("lobby", "", object)
		}
	})
	s.again()
	b.untilTalk("Ada: 1", "somebody: 3", "Grace: 4")
	b.untilText(".divider", "1 earlier message is no longer kept")

	s.proc.kill()
	s.data = t.TempDir()
	s.apart(func() { s.publish("lobby", "", `{"message":"anew","from":"Grace"}`) })
	s.again()
	b.untilText(".divider", "The room begins anew here")
	b.untilTalk("Grace: anew")
	b.calm("net::ERR_")
}

func TestChatSaysWhatIsRefused(t *testing.T) {
	b := newBrowser(t)
	s := startServer(t)
	b.enter(startChat(t, s.url), "lobby", "Ada")
	b.run(nil, `document.getElementById("text").maxLength = 100000; document.getElementById("text").value = "long".repeat(20000);`)
	b.click("#say button")
	b.until(`document.querySelector("#unsent .failed")?.title.includes("larger")`)
	b.say("short")
	b.untilTalk("Ada: short")
	b.calm("413")
}
