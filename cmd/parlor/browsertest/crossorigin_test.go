package browsertest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// elsewhere serves an empty page from another origin and returns its URL.
func elsewhere(t *testing.T) string {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><link rel="icon" href="data:,"><title>elsewhere</title>`))
	}))
	t.Cleanup(page.Close)
	return page.URL
}

// TestCrossOrigin uses the server from a page that another one served.
func TestCrossOrigin(t *testing.T) {
	b := newBrowser(t)
	page := elsewhere(t)
	open := startServer(t)
	listed := startServer(t, "--cors-origin", page)
	closed := startServer(t, "--cors-origin", "https://example.com")
	b.Open(page)
	for _, s := range []*server{open, listed} {
		b.listen(s.URL("/connect?room=a"), "broadcast")
		b.untilTurns(1)
		s.publishNumbers("a", 1, 1)
		if got := b.post(s.URL("/broadcast?room=a")); !strings.Contains(got, `"success":true`) {
			t.Errorf("publishing from another origin: %s", got)
		}
		b.wantNumbers("broadcast", 1, 2)
	}
	b.calm()
	b.listen(closed.URL("/connect?room=a"), "broadcast")
	if turns := b.untilTurns(1); turns[0] != "closed" {
		t.Errorf("an origin that is not listed: %q", turns)
	}
	if got := b.post(closed.URL("/broadcast?room=a")); !strings.Contains(got, "Failed to fetch") {
		t.Errorf("publishing from an origin that is not listed: %s", got)
	}
	closed.untilConnections("a", 0)
}

// post publishes {"n":2} from the page, with a header that makes the browser
// ask first, and returns the answer or what went wrong.
func (b *browser) post(url string) string {
	b.t.Helper()
	var answer string
	b.Run(&answer, `
		const headers = { "Content-Type": "application/json", "Idempotency-Key": "k" };
		return fetch(arguments[0], { method: "POST", headers, body: '{"n":2}' }).then((r) => r.text(), String);`, url)
	return answer
}
