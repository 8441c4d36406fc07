package browsertest

import (
	"encoding/json"
	"strings"
	"testing"
)

// hostile is text that does something wherever it is taken for HTML, for a
// script, or for a part of either.
const hostile = `<img src=x onerror="window.trouble.push('image')"><script>window.trouble.push('script')</script>` +
	`"'--></textarea></pre><iframe srcdoc="<script>parent.trouble.push('frame')</script>"></iframe><a href="javascript:alert(1)">x</a>`

// hostileObject has it in every place where an object has text. It is not
// escaped, as text in JSON need not be.
func hostileObject(t *testing.T) string {
	t.Helper()
	var object strings.Builder
	enc := json.NewEncoder(&object)
	enc.SetEscapeHTML(false)
	err := enc.Encode(map[string]any{
		"message": hostile, "data": map[string]any{hostile: []string{hostile}}, hostile: hostile, "__proto__": hostile,
	})
	if err != nil {
		t.Fatal(err)
	}
	return object.String()
}

func TestConsoleRunsNothingItIsSent(t *testing.T) {
	s, b := openConsole(t, "--update", "200ms")
	object := hostileObject(t)
	s.publish("kitchen", "", object)
	b.join("kitchen")                       // what is replayed
	s.publish("kitchen", "onerror", object) // what is live
	s.publish("kitchen", "", `{"message":["<u>"]}`)
	b.Write("#publish-body", hostile) // what is typed
	b.Click("#publish")
	b.UntilText("#publish-result", "Accepted as ")
	b.Until(`document.querySelectorAll('#events [data-kind="message"]').length === 4`)
	b.Until(`document.querySelectorAll("#history li").length === 4`)
	for _, place := range []string{"#events", "#history"} {
		b.showsAsText(place)
	}
	b.Click("#show-raw")
	if text := b.Text("#events"); !strings.Contains(text, `"__proto__":"<img`) {
		t.Errorf("the data do not show as they came: %s", text)
	}
	b.showsAsText("#events")
	b.calm()
}

// showsAsText checks that the hostile text is read in a place, and that nothing
// in there was made of it.
func (b *browser) showsAsText(place string) {
	b.t.Helper()
	if text := b.Text(place); !strings.Contains(text, "<img src=x onerror=") {
		b.t.Errorf("%s does not show the text: %s", place, text)
	}
	var made int
	b.Run(&made, `
		const strange = "img, script, iframe, a, u, textarea";
		return [...document.querySelectorAll(arguments[0])].reduce((n, el) => n + el.querySelectorAll(strange).length, 0);`, place)
	if made != 0 {
		b.t.Errorf("%s has %d elements made of what was sent", place, made)
	}
}
