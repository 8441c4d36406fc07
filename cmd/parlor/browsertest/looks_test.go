package browsertest

import (
	"strings"
	"testing"
)

// TestConsoleLooks shows the console with what is hard to lay out: long names,
// long words, many rows. To keep the pictures, run it with -artifacts.
func TestConsoleLooks(t *testing.T) {
	s, b := openConsole(t, "--update", "500ms")
	b.Look("console fresh")
	long := strings.Repeat("long-name.", 12)
	s.publish("kitchen", "", `{"message":"Hello World"}`)
	s.publish("kitchen", "order", `{"message":"Soup for table four, please; it is hot.","data":{"table":4,"items":["soup","bread"]}}`)
	s.publish("kitchen", "", `{"price":12.50,"big":12345678901234567890}`)
	s.publish("kitchen", strings.Repeat("event-name.", 5), `{"message":"`+strings.Repeat("word", 100)+`"}`)
	s.publish("kitchen", "", `{"message":"`+strings.Repeat("Many words, over several lines. ", 12)+`","urgent":true}`)
	s.publish(long, "", `{"message":"two\nlines"}`)
	b.join(long)
	b.join("kitchen")
	b.UntilText("#events", "two\nlines")
	b.UntilText("#history", "Many words")
	b.UntilText(`#events [data-kind="update"]`, "×2")
	b.Click("#publish")
	b.UntilText("#publish-result", "Accepted as ")
	b.Look("console open")
	s.Kill()
	b.untilState("waiting")
	b.Click("#publish")
	b.UntilText("#publish-result", "may or may not be delivered")
	b.Look("console waiting")
	s.apart(func() {
		for range 14 {
			s.publish("kitchen", "", `{"message":"missed"}`)
		}
	})
	s.Run()
	b.Until(`document.querySelector('#events [data-kind="gap"]')`)
	b.Look("console back")
	b.Run(nil, `document.querySelector('#events [data-kind="gap"]').scrollIntoView({ block: "center" });`)
	b.Look("console gap")
}

func TestChatLooks(t *testing.T) {
	b := newBrowser(t)
	s := startServer(t)
	b.Open(startChat(t, s.URL("")))
	b.Look("chat door")
	b.Write("#room", "lobby")
	b.Write("#name", "Ada")
	b.Click("#join button")
	b.Until(`document.getElementById("state").dataset.state === "open"`)
	for _, object := range []string{
		`{"message":"Hello, Ada","from":"Grace"}`, `{"message":"Hello, Grace. How is the compiler?","from":"Ada"}`,
		`{"message":"` + strings.Repeat("It compiles, most of the time. ", 8) + `","from":"Grace"}`,
		`{"message":"` + strings.Repeat("wow", 60) + `","from":"` + strings.Repeat("Longname", 5) + `"}`,
	} {
		s.publish("lobby", "", object)
	}
	b.UntilText("#messages", "wow")
	b.UntilText("#here", "1 here")
	b.Look("chat open")
	s.Kill()
	b.Until(`document.getElementById("state").dataset.state === "waiting"`)
	b.say("Still there?")
	b.Look("chat waiting")
}
