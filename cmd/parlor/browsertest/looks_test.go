package browsertest

import (
	"fmt"
	"strings"
	"testing"
)

// look takes pictures of the page in light and dark, wide and narrow, and checks
// that nothing sticks out of the window on either side.
func (b *browser) look(name string) {
	b.t.Helper()
	for _, width := range []int{1280, 768, 360} {
		b.cdp("Emulation.setDeviceMetricsOverride", map[string]any{
			"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 700,
		}, nil)
		var over int
		b.run(&over, "return document.documentElement.scrollWidth - document.documentElement.clientWidth;")
		if over > 0 {
			b.t.Errorf("%s is %d pixels wider than a window of %d", name, over, width)
		}
		for _, scheme := range []string{"light", "dark"} {
			b.cdp("Emulation.setEmulatedMedia", map[string]any{
				"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}},
			}, nil)
			b.screenshot(fmt.Sprintf("%s %d %s", name, width, scheme))
		}
	}
	b.cdp("Emulation.clearDeviceMetricsOverride", map[string]any{}, nil)
}

// TestConsoleLooks shows the console with what is hard to lay out: long names,
// long words, many rows. To keep the pictures, run it with -artifacts.
func TestConsoleLooks(t *testing.T) {
	s, b := openConsole(t, "--update", "500ms")
	b.look("console fresh")
	long := strings.Repeat("long-name.", 12)
	s.publish("kitchen", "", `{"message":"Hello World"}`)
	s.publish("kitchen", "order", `{"message":"Soup for table four, please; it is hot.","data":{"table":4,"items":["soup","bread"]}}`)
	s.publish("kitchen", "", `{"price":12.50,"big":12345678901234567890}`)
	s.publish("kitchen", strings.Repeat("event-name.", 5), `{"message":"`+strings.Repeat("word", 100)+`"}`)
	s.publish("kitchen", "", `{"message":"`+strings.Repeat("Many words, over several lines. ", 12)+`","urgent":true}`)
	s.publish(long, "", `{"message":"two\nlines"}`)
	b.join(long)
	b.join("kitchen")
	b.untilText("#events", "two\nlines")
	b.untilText("#history", "Many words")
	b.untilText(`#events [data-kind="update"]`, "×2")
	b.click("#publish")
	b.untilText("#publish-result", "Accepted as ")
	b.look("console open")
	s.proc.kill()
	b.untilState("waiting")
	b.click("#publish")
	b.untilText("#publish-result", "may or may not be delivered")
	b.look("console waiting")
	s.apart(func() {
		for range 14 {
			s.publish("kitchen", "", `{"message":"missed"}`)
		}
	})
	s.again()
	b.until(`document.querySelector('#events [data-kind="gap"]')`)
	b.look("console back")
	b.run(nil, `document.querySelector('#events [data-kind="gap"]').scrollIntoView({ block: "center" });`)
	b.look("console gap")
}

func TestChatLooks(t *testing.T) {
	b := newBrowser(t)
	s := startServer(t)
	b.open(startChat(t, s.url))
	b.look("chat door")
	b.write("#room", "lobby")
	b.write("#name", "Ada")
	b.click("#join button")
	b.until(`document.getElementById("state").dataset.state === "open"`)
	for _, object := range []string{
		`{"message":"Hello, Ada","from":"Grace"}`, `{"message":"Hello, Grace. How is the compiler?","from":"Ada"}`,
		`{"message":"` + strings.Repeat("It compiles, most of the time. ", 8) + `","from":"Grace"}`,
		`{"message":"` + strings.Repeat("wow", 60) + `","from":"` + strings.Repeat("Longname", 5) + `"}`,
	} {
		s.publish("lobby", "", object)
	}
	b.untilText("#messages", "wow")
	b.untilText("#here", "1 here")
	b.look("chat open")
	s.proc.kill()
	b.until(`document.getElementById("state").dataset.state === "waiting"`)
	b.say("Still there?")
	b.look("chat waiting")
}
