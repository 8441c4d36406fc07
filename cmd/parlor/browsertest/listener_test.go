package browsertest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// listenScript opens an EventSource, as any page would, and notes what it gets.
const listenScript = `
const [url, names] = arguments;
window.got = [];
window.turns = [];
window.source = new EventSource(url);
for (const name of names) {
  source.addEventListener(name, (e) => got.push({ event: e.type, id: e.lastEventId, data: e.data }));
}
source.onopen = () => turns.push("open after " + got.length);
source.onerror = () => turns.push(source.readyState === EventSource.CLOSED ? "closed" : "lost");
`

// heard is an event as a page got it.
type heard struct{ Event, ID, Data string }

// listen opens an EventSource in the page and listens to these events.
func (b *browser) listen(url string, names ...string) {
	b.t.Helper()
	b.Run(nil, listenScript, url, names)
}

// hears waits until the page got n events of a name, and returns all of them.
func (b *browser) hears(name string, n int) []heard {
	b.t.Helper()
	var events []heard
	proctest.Until(b.t, fmt.Sprintf("%d events %s", n, name), func() bool {
		b.t.Helper()
		b.Run(&events, `return window.got.filter((e) => e.event === arguments[0]);`, name)
		return len(events) >= n
	})
	return events
}

// untilTurns waits until the EventSource has told of this many turns: of having
// been opened, lost or closed. It returns them.
func (b *browser) untilTurns(n int) []string {
	b.t.Helper()
	b.Until(`window.turns.length >= arguments[0]`, n)
	var turns []string
	b.Run(&turns, "return window.turns;")
	return turns
}

// numbers returns the n of the events' data, which publishNumbers made, and
// checks that their ids rise.
func (b *browser) numbers(events []heard) string {
	b.t.Helper()
	var out []string
	var lastEpoch, lastSeq uint64
	for _, e := range events {
		var data struct{ N int }
		if err := json.Unmarshal([]byte(e.Data), &data); err != nil {
			b.t.Fatalf("%+v: %v", e, err)
		}
		out = append(out, fmt.Sprint(data.N))
		var epoch, seq uint64
		if _, err := fmt.Sscanf(e.ID, "%d-%d", &epoch, &seq); err != nil || epoch < lastEpoch || seq <= lastSeq {
			b.t.Errorf("id %q follows %d-%d", e.ID, lastEpoch, lastSeq)
		}
		lastEpoch, lastSeq = epoch, seq
	}
	return strings.Join(out, " ")
}

// wantNumbers waits for the number last and checks that exactly first to last
// came, in their order and once each.
func (b *browser) wantNumbers(name string, first, last int) []heard {
	b.t.Helper()
	var want []string
	for n := first; n <= last; n++ {
		want = append(want, fmt.Sprint(n))
	}
	events := b.hears(name, len(want))
	if got := b.numbers(events); got != strings.Join(want, " ") {
		b.t.Fatalf("%s: got %s, want %s", name, got, strings.Join(want, " "))
	}
	return events
}
