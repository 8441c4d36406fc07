package sseclients

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// answer is a response that is no stream.
type answer struct {
	*http.Response

	body struct {
		Success bool
		Error   string
		Message string
	}
}

// ask sends a request on a connection of its own and reads the answer.
func (f *front) ask(raw string) answer {
	f.t.Helper()
	p := f.dial()
	p.send(raw)
	var a answer
	var err error
	if a.Response, err = http.ReadResponse(bufio.NewReader(p.r), nil); err != nil {
		f.t.Fatal(err)
	}
	defer a.Body.Close()
	if err := json.NewDecoder(a.Body).Decode(&a.body); err != nil {
		f.t.Fatalf("status %d: %v", a.StatusCode, err)
	}
	return a
}

func TestRefusals(t *testing.T) {
	fronts(t, func(c *Config) { c.AllowOrigin = "*" }, func(t *testing.T, f *front) {
		for _, tc := range []struct {
			request string // without the version and what follows
			more    string // headers and body
			status  int
			code    string
		}{
			{"GET /sse", "", 400, "missing_client_id"},
			{"GET /sse?clientId=", "", 400, "missing_client_id"},
			{"GET /sse?clientid=a", "", 400, "missing_client_id"},
			{"GET /sse?clientId=a%20b", "", 400, "invalid_client_id"},
			{"GET /sse?clientId=%00", "", 400, "invalid_client_id"},
			{"GET /sse?clientId=" + strings.Repeat("a", 129), "", 400, "invalid_client_id"},
			{"GET /sse?clientId=a&ttl=x", "", 400, "invalid_ttl"},
			{"GET /sse?clientId=a&ttl=1.5", "", 400, "invalid_ttl"},
			{"GET /sse?clientId=a&ttl=1e3", "", 400, "invalid_ttl"},
			{"GET /sse?clientId=a&ttl=1000000001", "", 400, "invalid_ttl"},
			{"GET /sse?clientId=a&ttl=99999999999999999999", "", 400, "invalid_ttl"},
			{"GET /sse?clientId=a&clientId=b", "", 400, "invalid_query"},
			{"GET /sse?clientId=a&ttl=1&ttl=2", "", 400, "invalid_query"},
			{"GET /sse?clientId=%zz", "", 400, "invalid_query"},
			{"POST /sse?clientId=a", "Content-Length: 0\r\n\r\n", 405, "method_not_allowed"},
			{"GET /sse?clientId=a", "Content-Length: 2\r\n\r\n{}", 400, "unexpected_body"},
		} {
			more := tc.more
			if more == "" {
				more = "\r\n"
			}
			a := f.ask(tc.request + " HTTP/1.1\r\nHost: x\r\n" + more)
			if a.StatusCode != tc.status || a.body.Error != tc.code || a.body.Success || !strings.HasSuffix(a.body.Message, ".") {
				t.Errorf("%.60s: %d %+v", tc.request, a.StatusCode, a.body)
			}
			h := a.Header
			if h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%.60s: %v", tc.request, h)
			}
			if allow := h.Get("Allow"); (allow == "GET") != (tc.status == 405) {
				t.Errorf("%.60s: Allow %q", tc.request, allow)
			}
		}
		if s := f.Stats(); s.Streams != 0 || s.Opened != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAcceptedTTLs(t *testing.T) {
	for raw, want := range map[string]time.Duration{
		"clientId=a": 0, "clientId=a&ttl=": 0, "clientId=a&ttl=0": 0, "clientId=a&ttl=-5": 0,
		"clientId=a&ttl=-9223372036854775808": 0, "clientId=a&ttl=3": 3 * time.Second,
		"ttl=1000000000&clientId=a&x=y&x=z": 1_000_000_000 * time.Second,
	} {
		if key, ttl, err := parseQuery(raw); key != "a" || ttl != want || err != nil {
			t.Errorf("%s: %q %v %v", raw, key, ttl, err)
		}
	}
}

func TestFull(t *testing.T) {
	fronts(t, func(c *Config) { c.MaxClients = 2 }, func(t *testing.T, f *front) {
		first := f.connect("clientId=a")
		f.connect("clientId=a")
		a := f.ask("GET /sse?clientId=b HTTP/1.1\r\nHost: x\r\n\r\n")
		if a.StatusCode != 503 || a.body.Error != "full" || a.Header.Get("Retry-After") != "30" {
			t.Errorf("got %d %+v %v", a.StatusCode, a.body, a.Header)
		}
		if s := f.Stats(); s.Refused != 1 {
			t.Errorf("%+v", s)
		}
		_ = first.conn.Close()
		eventually(t, "there is a place again", func() bool { return f.Stats().Streams == 1 })
		f.connect("clientId=b")
	})
}

// TestIdentify checks that a server's own refusals reach the client, and that
// other errors tell it nothing.
func TestIdentify(t *testing.T) {
	m, err := Open(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, tc := range []struct {
		err    error
		status int
		body   string
	}{
		{
			fmt.Errorf("token: %w", Refusal{Status: 401, Code: "unauthorized", Message: "Log in first."}),
			401, `{"success":false,"error":"unauthorized","message":"Log in first."}`,
		},
		{errors.New("database s3cr3t"), 500, `{"success":false,"error":"internal","message":"The server failed to answer."}`},
	} {
		w := httptest.NewRecorder()
		m.Handler(func(*http.Request) (string, time.Duration, error) { return "", 0, tc.err }).
			ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != tc.status || w.Body.String() != tc.body {
			t.Errorf("%v: %d %s", tc.err, w.Code, w.Body)
		}
		var ctx fasthttp.RequestCtx
		m.FastHandler(func(*fasthttp.RequestCtx) (string, time.Duration, error) { return "", 0, tc.err })(&ctx)
		if ctx.Response.StatusCode() != tc.status || string(ctx.Response.Body()) != tc.body {
			t.Errorf("%v: %d %s", tc.err, ctx.Response.StatusCode(), ctx.Response.Body())
		}
	}
}

// TestNotHijackable asks for a stream where no connection can be had.
func TestNotHijackable(t *testing.T) {
	m, err := Open(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/?clientId=a", nil)
	if err := m.AddClient("a", w, r, 0); !errors.Is(err, ErrNotHijackable) || w.Body.Len() > 0 {
		t.Errorf("got %v, body %q", err, w.Body)
	}
	http.TimeoutHandler(m.Handler(ByQuery), patience, "").ServeHTTP(w, r)
	if w.Code != 505 {
		t.Errorf("status %d", w.Code)
	}
	if s := m.Stats(); s.Streams != 0 || s.Opened != 0 {
		t.Errorf("%+v", s)
	}
}

func TestConfig(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"CheckInterval": func(c *Config) { c.CheckInterval = 0 },
		"Heartbeat":     func(c *Config) { c.Heartbeat = -1 },
		"MaxClients":    func(c *Config) { c.MaxClients = 0 },
		"QueueEvents":   func(c *Config) { c.QueueEvents = 0 },
		"QueueBytes":    func(c *Config) { c.QueueBytes = 1023 },
		"AllowOrigin":   func(c *Config) { c.AllowOrigin = "*\r\nX: y" },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
