package httpfront_test

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/httpfront"
)

// handled serves one handler at POST and GET /own/{id}.
func handled(t *testing.T, h http.HandlerFunc, tweak ...func(*httpfront.Config)) (addr string) {
	t.Helper()
	_, addr = start(t, &fakeRooms{}, append(tweak, withRoutes(
		httpfront.Route{Method: "GET", Pattern: "/own/{id}", Handler: httpfront.HTTP(h)},
		httpfront.Route{Method: "POST", Pattern: "/own/{id}", Handler: httpfront.HTTP(h)},
	))...)
	return addr
}

// TestHandlerSees checks that a handler sees a request as under net/http.
func TestHandlerSees(t *testing.T) {
	var r *http.Request
	var body []byte
	addr := handled(t, func(_ http.ResponseWriter, got *http.Request) {
		r = got
		body, _ = io.ReadAll(got.Body)
	})
	if res := roundTrip(t, addr, post("/own/a%2Fb?q=1&q=2&&token=t", "X-A: 1\r\nx-a: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\n", "{}")); res.status != 200 {
		t.Fatalf("got %d %s", res.status, res.body)
	}
	want := http.Header{"Content-Type": {"application/json"}, "X-A": {"1", "2"}}
	if !reflect.DeepEqual(r.Header, want) {
		t.Errorf("header %v, want %v", r.Header, want)
	}
	if r.Method != "POST" || r.RequestURI != "/own/a%2Fb?q=1&q=2&&token=t" || r.URL.Path != "/own/a/b" || r.URL.EscapedPath() != "/own/a%2Fb" ||
		r.PathValue("id") != "a/b" || r.Host != "x" || r.ContentLength != 2 || string(body) != "{}" || !strings.HasPrefix(r.RemoteAddr, "127.0.0.1:") ||
		r.FormValue("token") != "t" || len(r.Form["q"]) != 2 || r.TLS != nil || !r.ProtoAtLeast(1, 1) {
		t.Errorf("got %+v, body %q", r, body)
	}
	roundTrip(t, addr, get("/own/", ""))
	if r.Method != "GET" || r.PathValue("id") != "" || r.Body != http.NoBody || r.ContentLength != 0 {
		t.Errorf("got %+v", r)
	}
}

// handlerAnswer is what a handler does, and what comes of it.
type handlerAnswer struct {
	name   string
	write  func(http.ResponseWriter) error
	status int
	body   string
	header http.Header // some of it
	fails  bool        // a write of the handler's
}

func handlerAnswers() []handlerAnswer {
	return []handlerAnswer{
		{"nothing", func(http.ResponseWriter) error { return nil }, 200, "", http.Header{"Content-Type": nil, "Cache-Control": {"no-store"}}, false},
		{"text", func(w http.ResponseWriter) error { _, err := io.WriteString(w, "hello"); return err }, 200, "hello", http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, false},
		{"page", func(w http.ResponseWriter) error { _, err := io.WriteString(w, "<!doctype html>"); return err }, 200, "<!doctype html>", http.Header{"Content-Type": {"text/html; charset=utf-8"}}, false},
		{"own type", func(w http.ResponseWriter) error {
			w.Header().Set("Content-Type", "a/b")
			w.WriteHeader(201)
			w.WriteHeader(500)
			w.Header().Set("X-Late", "1")
			_, err := io.WriteString(w, "{}")
			return err
		}, 201, "{}", http.Header{"Content-Type": {"a/b"}, "X-Late": nil}, false},
		{"encoded", func(w http.ResponseWriter) error {
			w.Header().Set("Content-Encoding", "gzip")
			_, err := io.WriteString(w, "\x1f\x8b")
			return err
		}, 200, "\x1f\x8b", http.Header{"Content-Type": nil, "Content-Encoding": {"gzip"}}, false},
		{"error", func(w http.ResponseWriter) error { http.Error(w, "no", http.StatusTeapot); return nil }, 418, "no\n", http.Header{"X-Content-Type-Options": {"nosniff"}}, false},
		{"informs first", func(w http.ResponseWriter) error { w.WriteHeader(103); w.WriteHeader(202); return nil }, 202, "", nil, false},
		{"no content", func(w http.ResponseWriter) error { w.WriteHeader(204); _, err := w.Write([]byte("x")); return err }, 204, "", nil, true},
		{"own CORS", func(w http.ResponseWriter) error {
			w.Header().Set("Access-Control-Allow-Origin", "https://a.example")
			return nil
		}, 200, "", http.Header{"Access-Control-Allow-Origin": {"*"}}, false},
		{"bad status", func(w http.ResponseWriter) error { w.WriteHeader(999); return nil }, 500, `{"success":false,"error":"invalid_answer","message":"The answer is not one that HTTP can carry."}`, nil, false},
	}
}

// bigAnswers are those about as large as may be.
func bigAnswers() []handlerAnswer {
	const mib = 1 << 20
	return []handlerAnswer{
		{"as much as may be", func(w http.ResponseWriter) error {
			w.Header().Set("Content-Type", "t")
			for range mib/1024 - 1 {
				if _, err := w.Write(make([]byte, 1024)); err != nil {
					return err
				}
			}
			_, err := w.Write(make([]byte, 1024-len("Content-Typet")))
			return err
		}, 200, strings.Repeat("\x00", mib-len("Content-Typet")), nil, false},
		{"a byte more", func(w http.ResponseWriter) error {
			w.Header().Set("Content-Type", "t")
			_, err := w.Write(make([]byte, mib-len("Content-Type")))
			return err
		}, 500, `{"success":false,"error":"answer_too_large","message":"The answer is larger than this server sends."}`, http.Header{"Content-Type": {"application/json"}}, false},
		{"too much", func(w http.ResponseWriter) error {
			_, err := w.Write(make([]byte, mib+1))
			_, again := w.Write([]byte("x"))
			if again == nil {
				return nil // what follows does not fit either
			}
			return err
		}, 500, `{"success":false,"error":"answer_too_large","message":"The answer is larger than this server sends."}`, nil, true},
	}
}

// TestHandlerAnswers checks what becomes of an answer.
func TestHandlerAnswers(t *testing.T) {
	for _, tc := range append(handlerAnswers(), bigAnswers()...) {
		t.Run(tc.name, func(t *testing.T) {
			var failed error
			addr := handled(t, func(w http.ResponseWriter, _ *http.Request) { failed = tc.write(w) })
			r := roundTrip(t, addr, get("/own/x", ""))
			if r.status != tc.status || string(r.body) != tc.body || r.closed {
				t.Errorf("got %d, %d bytes %s, closed %v", r.status, len(r.body), clip(string(r.body)), r.closed)
			}
			for name, want := range tc.header {
				if got := r.header.Values(name); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if (failed != nil) != tc.fails {
				t.Errorf("the handler got %v", failed)
			}
		})
	}
}

// TestHandlerBodies checks the bound of a request's body on both of its sides.
func TestHandlerBodies(t *testing.T) {
	addr := handled(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, itoa(len(b)))
	}, func(c *httpfront.Config) { c.MaxBody = 10 })
	if r := roundTrip(t, addr, post("/own/x", "", strings.Repeat("a", 65536))); r.status != 200 || string(r.body) != "65536" {
		t.Errorf("largest: %d %s", r.status, r.body)
	}
	if r := roundTrip(t, addr, post("/own/x", "", strings.Repeat("a", 65537))); r.status != 413 || r.code(t) != "body_too_large" {
		t.Errorf("too large: %d %s", r.status, r.body)
	}
	if r := roundTrip(t, addr, post("/broadcast", "", `{"a":"bcdef"}`)); r.status != 413 {
		t.Errorf("too large for another route: %d %s", r.status, r.body)
	}
}

// TestHandlerContext checks that a handler is told when its time is over.
func TestHandlerContext(t *testing.T) {
	addr := handled(t, func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		http.Error(w, "late", http.StatusGatewayTimeout)
	}, func(c *httpfront.Config) { c.Patience = 10 * time.Millisecond })
	if r := roundTrip(t, addr, get("/own/x", "")); r.status != 504 || string(r.body) != "late\n" {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

func TestHandlerPanics(t *testing.T) {
	var log logBuffer
	addr := handled(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("boom")
	}, logTo(&log))
	if r := roundTrip(t, addr, get("/own/x", "")); r.status != 500 || r.code(t) != "internal" || !strings.Contains(log.String(), "boom") {
		t.Errorf("got %d %s, %s", r.status, r.body, log.String())
	}
}

// TestPage checks a page's headers, and that it is sent once only to those who
// keep it.
func TestPage(t *testing.T) {
	const text = "<!doctype html><script>1</script>"
	_, addr := start(t, &fakeRooms{}, withRoutes(httpfront.Route{Method: "GET", Pattern: "/", Handler: httpfront.Page("text/html; charset=utf-8", []byte(text))}))
	r := roundTrip(t, addr, get("/", ""))
	etag := r.header.Get("ETag")
	if r.status != 200 || string(r.body) != text || len(etag) != 24 {
		t.Errorf("got %d %q %s", r.status, etag, r.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'sha256-") || !strings.Contains(csp, "connect-src 'self'") {
		t.Errorf("policy %s", csp)
	}
	again := roundTrip(t, addr, get("/", "If-None-Match: \"x\", "+etag+"\r\n"))
	if again.status != 304 || len(again.body) != 0 || again.header.Get("ETag") != etag || again.closed {
		t.Errorf("again: %d %v, closed %v", again.status, again.header, again.closed)
	}
	if head := roundTrip(t, addr, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"); head.status != 200 || len(head.body) != 0 || head.header.Get("Content-Length") != itoa(len(text)) {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
}

// TestHandlerOutlived checks that what a handler was given may be used after its
// return, when the connection serves others.
func TestHandlerOutlived(t *testing.T) {
	kept := make(chan *http.Request, 2)
	addr := handled(t, func(_ http.ResponseWriter, r *http.Request) { kept <- r.WithContext(context.Background()) })
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, post("/own/a?aaaa", "X-A: aaaa\r\n", "aaaa")+post("/own/b?bbbb", "X-A: bbbb\r\nConnection: close\r\n", "bbbb")); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn)
	r := <-kept
	body, err := io.ReadAll(r.Body)
	if err != nil || string(body) != "aaaa" || r.URL.RawQuery != "aaaa" || r.Header.Get("X-A") != "aaaa" || r.PathValue("id") != "a" {
		t.Errorf("%+v, %q, %v", r, body, err)
	}
}
