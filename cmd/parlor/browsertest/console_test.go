package browsertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// openConsole opens the console of a new server in a new browser.
func openConsole(t *testing.T, flags ...string) (*server, *browser) {
	t.Helper()
	b := newBrowser(t)
	s := startServer(t, flags...)
	b.Open(s.URL("/"))
	return s, b
}

// join connects the console to one more room.
func (b *browser) join(room string) {
	b.t.Helper()
	b.Write("#room", room)
	b.Click("#connect")
	b.Until(`document.querySelector('#joined [data-room="' + arguments[0] + '"]')`, room)
	b.untilState("open")
}

// untilState waits until the console says that its connection is in a state.
func (b *browser) untilState(state string) {
	b.t.Helper()
	b.Until(`document.getElementById("status").dataset.state === arguments[0]`, state)
}

// messages returns the texts in the console's rows for a room, oldest first.
func (b *browser) messages(room string) []string {
	b.t.Helper()
	var texts []string
	b.Run(&texts, `
		const rows = document.querySelectorAll('#events [data-kind="message"][data-room="' + arguments[0] + '"]');
		return [...rows].reverse().map((row) => row.querySelector(".nice").textContent);`, room)
	return texts
}

func TestConsolePublishesAndShows(t *testing.T) {
	_, b := openConsole(t, "--update", "200ms")
	b.join("kitchen")
	b.Write("#publish-event", "order")
	b.Write("#publish-body", `{"message":"Soup for table four","data":{"seats":[1,2]}}`)
	b.Click("#publish")
	b.UntilText("#publish-result", "Accepted as ")
	id, _, _ := strings.Cut(strings.TrimPrefix(b.Text("#publish-result"), "Accepted as "), " ")
	row := fmt.Sprintf(`#events [data-id="%s"][data-room="kitchen"]`, id)
	b.UntilText(row, "Soup for table four")
	b.UntilText(row+" .name", "order")
	b.UntilText(row+" .id", id)
	b.UntilText(row+" pre", `"seats": [`)
	b.UntilText(fmt.Sprintf(`#history [data-id="%s"]`, id), "Soup for table four")
	if text := b.Text(row); strings.Contains(text, "timestamp") {
		t.Errorf("the row shows what is its time a second time: %s", text)
	}

	b.Write("#publish-body", "no JSON at all")
	b.Click("#publish")
	b.UntilText("#events", "no JSON at all")
	b.calm()
}

func TestConsoleCountsConnections(t *testing.T) {
	s, b := openConsole(t, "--update", "200ms")
	b.join("kitchen")
	chip := `#joined [data-room="kitchen"]`
	b.UntilText(chip, "1 connected")
	other := s.Open("/connect?room=kitchen")
	b.UntilText(chip, "2 connected")
	b.UntilText("#info", "Connections2")
	b.UntilText(`#events [data-kind="update"]`, "2 connected")
	other.Close()
	b.UntilText(chip, "1 connected")

	b.Click("#disconnect")
	b.untilState("idle")
	s.untilConnections("kitchen", 0)
	s.publish("kitchen", "", `{"message":"to nobody"}`)
	if got := b.messages("kitchen"); len(got) != 0 {
		t.Errorf("shown after disconnecting: %q", got)
	}
	b.join("kitchen")
	b.UntilText("#events", "to nobody")
	b.calm()
}

// TestConsoleRooms joins more rooms than a browser makes connections to one
// server: they must share one, so that publishing still gets through.
func TestConsoleRooms(t *testing.T) {
	s, b := openConsole(t)
	rooms := make([]string, 8)
	for i := range rooms {
		rooms[i] = fmt.Sprintf("room-%d", i)
		b.join(rooms[i])
		s.publish(rooms[i], "", `{"message":"first"}`)
		b.UntilText(`#events [data-room="`+rooms[i]+`"]`, "first")
	}
	b.UntilText("#status", "8 rooms")
	b.Click("#publish") // to the room joined last
	b.UntilText("#publish-result", "1 subscriber")
	b.Until(`document.querySelectorAll("#rooms li").length === 8`)

	b.Click(`#joined [data-room="room-3"] button`)
	b.UntilText("#status", "7 rooms")
	s.untilConnections("room-3", 0)
	s.publish("room-3", "", `{"message":"unheard"}`)
	for _, room := range rooms[:7] {
		want := "first second"
		if room == "room-3" {
			want = "first"
		} else {
			s.publish(room, "", `{"message":"second"}`)
			b.Until(`document.querySelectorAll('#events [data-kind="message"][data-room="' + arguments[0] + '"]').length === 2`, room)
		}
		if got := strings.Join(b.messages(room), " "); got != want {
			t.Errorf("%s shows %q, want %q", room, got, want)
		}
	}
	b.calm()
}

func TestConsoleComesBack(t *testing.T) {
	t.Parallel()
	s, b := openConsole(t)
	b.join("kitchen")
	say := func(from, to int) {
		for n := from; n <= to; n++ {
			s.publish("kitchen", "", fmt.Sprintf(`{"message":"%d"}`, n))
		}
	}
	outage := func(from, to int) {
		s.Kill()
		b.untilState("waiting")
		b.UntilText("#status", "Connection lost, trying again in")
		s.apart(func() { say(from, to) })
		s.Run()
		b.untilState("open")
	}
	say(1, 1)
	b.Until(`document.querySelector('#events [data-kind="message"]')`)
	outage(2, 3)
	say(4, 4)
	b.Until(`document.querySelectorAll('#events [data-kind="message"]').length >= 4`)
	outage(5, 17)
	b.UntilText(`#events [data-kind="gap"]`, "3 messages are missing here")
	say(18, 18)
	b.Until(`document.querySelectorAll('#events [data-kind="message"]').length >= 15`)
	if got := strings.Join(b.messages("kitchen"), " "); got != "1 2 3 4 8 9 10 11 12 13 14 15 16 17 18" {
		t.Errorf("shown: %s", got)
	}
	b.calm("net::ERR_")
}

// TestConsoleLeavesAndReturns is away for longer than the room keeps messages.
func TestConsoleLeavesAndReturns(t *testing.T) {
	s, b := openConsole(t)
	b.join("kitchen")
	s.publish("kitchen", "", `{"message":"before"}`)
	b.UntilText("#events", "before")
	b.Click(`#joined [data-room="kitchen"] button`)
	s.untilConnections("kitchen", 0)
	s.publishNumbers("kitchen", 1, 12)
	b.join("kitchen")
	b.UntilText(`#events [data-kind="gap"]`, "2 messages not shown")
	b.Until(`document.querySelectorAll('#events [data-kind="message"]').length === 11`)
	b.calm()
}

// TestConsoleSaysWhatIsRefused goes round the form's own checks.
func TestConsoleSaysWhatIsRefused(t *testing.T) {
	_, b := openConsole(t)
	b.Run(nil, `for (const el of document.querySelectorAll("[pattern]")) el.removeAttribute("pattern");`)
	b.Write("#room", "not a name")
	b.Click("#connect")
	b.untilState("failed")
	b.UntilText("#status", "A room name is")
	b.Write("#publish-room", "kitchen")
	b.Write("#publish-event", "gap")
	b.Click("#publish")
	b.UntilText("#publish-result", "reserved_event")
	b.calm(fmt.Sprint(http.StatusBadRequest))
}
