package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// stream is a client's connection, read byte by byte.
type stream struct {
	t *testing.T
	r *bufio.Reader
	c net.Conn
}

// connect opens a stream and reads its head, which comes before any event.
func (p *process) connect(query string) *stream {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(proctest.Patience))
	s := &stream{t: p.t, r: bufio.NewReader(conn), c: conn}
	if _, err := io.WriteString(conn, "GET /sse?"+query+" HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"); err != nil {
		p.t.Fatal(err)
	}
	s.expect("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n" +
		"Connection: keep-alive\r\nAccess-Control-Allow-Origin: *\r\n\r\n")
	return s
}

func (s *stream) expect(want string) {
	s.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(s.r, got)
	if string(got[:n]) != want {
		s.t.Fatalf("read %q, want %q: %v", got[:n], want, err)
	}
}

func (s *stream) expectEnd() {
	s.t.Helper()
	if rest, err := io.ReadAll(s.r); err != nil || len(rest) > 0 {
		s.t.Fatalf("read %q and %v, want the end", rest, err)
	}
}

// request sends a request and returns the answer.
func (p *process) request(method, path, contentType, body string) (*http.Response, string) {
	p.t.Helper()
	req, err := http.NewRequest(method, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := http.Client{Timeout: proctest.Patience}
	resp, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, string(text)
}

// post sends JSON and wants it to reach n clients.
func (p *process) post(path, body string, n int) {
	p.t.Helper()
	want := `{"success":true,"message":"Event sent","clients":` + strconv.Itoa(n) + "}\n"
	if resp, got := p.request("POST", path, "application/json", body); resp.StatusCode != 200 || got != want {
		p.t.Fatalf("POST %s: %d %s", path, resp.StatusCode, got)
	}
}

func TestDemo(t *testing.T) {
	p := start(t)
	a, b := p.connect("clientId=a"), p.connect("clientId=b&ttl=3600")
	p.post("/broadcast", `{"event":"stockUpdate","data":{"stock": "AAPL", "price": "123.45"}}`, 2)
	p.post("/send/b", ` {"data": [1, null], "event": "only.b"} `, 1)
	p.post("/broadcast", `{"event":"e","data":null}`, 2)
	const update = "event: stockUpdate\ndata: {\"stock\":\"AAPL\",\"price\":\"123.45\"}\n\n"
	a.expect("id: 1\n" + update)
	b.expect("id: 1\n" + update + "id: 2\nevent: only.b\ndata: [1,null]\n\n")
	a.expect("id: 2\nevent: e\ndata: null\n\n")
	b.expect("id: 3\nevent: e\ndata: null\n\n")

	newer := p.connect("clientId=a")
	_ = a.c.Close()
	p.post("/send/a", `{"event":"e","data":"for the newer"}`, 1)
	newer.expect("id: 1\nevent: e\ndata: \"for the newer\"\n\n")

	p.End(syscall.SIGTERM)
	newer.expectEnd()
	b.expectEnd()
}

// TestTimeToLive checks the flag and the parameter, which are in seconds.
func TestTimeToLive(t *testing.T) {
	p := start(t, "-check-interval", "20ms", "-data", t.TempDir())
	begin := time.Now()
	short, long := p.connect("clientId=short&ttl=1"), p.connect("clientId=long&ttl=0")
	short.expectEnd()
	if took := time.Since(begin); took < time.Second {
		t.Errorf("ended after %v", took)
	}
	p.post("/broadcast", `{"event":"e","data":1}`, 1)
	long.expect("id: 1\nevent: e\ndata: 1\n\n")
	if resp, _ := p.request("POST", "/send/short", "application/json", `{"event":"e","data":1}`); resp.StatusCode != 404 {
		t.Errorf("status %d", resp.StatusCode)
	}
	p.End(syscall.SIGINT)
	long.expectEnd()
}

func TestRefused(t *testing.T) {
	p := start(t)
	const good = `{"event":"e","data":1}`
	for _, tc := range []struct {
		name, method, path, contentType, body string
		status                                int
		code                                  string
	}{
		{"no client id", "GET", "/sse", "", "", 400, "missing_client_id"},
		{"bad client id", "GET", "/sse?clientId=a/b", "", "", 400, "invalid_client_id"},
		{"bad ttl", "GET", "/sse?clientId=a&ttl=soon", "", "", 400, "invalid_ttl"},
		{"posted stream", "POST", "/sse?clientId=a", "", "", 405, "method_not_allowed"},
		{"unknown client", "POST", "/send/nobody", "application/json", good, 404, "unknown_client"},
		{"got", "GET", "/broadcast", "", "", 405, "method_not_allowed"},
		{"no type", "POST", "/broadcast", "", good, 415, "unsupported_media_type"},
		{"form", "POST", "/broadcast", "application/x-www-form-urlencoded", good, 415, "unsupported_media_type"},
		{"text", "POST", "/broadcast", "text/plain", good, 415, "unsupported_media_type"},
		{"empty", "POST", "/broadcast", "application/json", "", 400, "invalid_json"},
		{"not JSON", "POST", "/broadcast", "application/json", "{", 400, "invalid_json"},
		{"not UTF-8", "POST", "/broadcast", "application/json", "{\"event\":\"e\",\"data\":\"\xff\"}", 400, "invalid_json"},
		{"two bodies", "POST", "/broadcast", "application/json", good + good, 400, "invalid_json"},
		{"two events", "POST", "/broadcast", "application/json", `{"event":"e","event":"f","data":1}`, 400, "invalid_json"},
		{"typing error", "POST", "/broadcast", "application/json", `{"evnet":"e","data":1}`, 400, "invalid_json"},
		{"array", "POST", "/broadcast", "application/json", `[]`, 400, "invalid_json"},
		{"number as event", "POST", "/broadcast", "application/json", `{"event":1,"data":1}`, 400, "invalid_json"},
		{"no data", "POST", "/broadcast", "application/json", `{"event":"e"}`, 400, "missing_data"},
		{"no event", "POST", "/broadcast", "application/json", `{"data":1}`, 400, "invalid_event"},
		{"event of two lines", "POST", "/broadcast", "application/json", `{"event":"a\nid: 7","data":1}`, 400, "invalid_event"},
		{"too long", "POST", "/broadcast", "application/json", `{"event":"e","data":"` + strings.Repeat("a", 64<<10) + `"}`, 413, "body_too_large"},
		{"no such path", "GET", "/nothing", "", "", 404, "not_found"},
		{"no client", "POST", "/send/", "application/json", good, 404, "not_found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, text := p.request(tc.method, tc.path, tc.contentType, tc.body)
			var body struct {
				Success *bool
				Error   string
				Message string
			}
			if err := json.Unmarshal([]byte(text), &body); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if resp.StatusCode != tc.status || body.Error != tc.code || body.Success == nil || *body.Success || body.Message == "" {
				t.Errorf("%d %s", resp.StatusCode, text)
			}
			if resp.Header.Get("Access-Control-Allow-Origin") != "*" || resp.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%v", resp.Header)
			}
			if tc.status == 405 && resp.Header.Get("Allow") == "" {
				t.Error("no Allow")
			}
		})
	}
	p.post("/broadcast", `{"event":"e","data":"`+strings.Repeat("a", 60<<10)+`"}`, 0)
}

func TestIndexAndPreflight(t *testing.T) {
	p := start(t)
	resp, text := p.request("GET", "/", "", "")
	for _, route := range []string{"/sse?clientId=", "/send/{clientId}", "/broadcast"} {
		if !strings.Contains(text, route) {
			t.Errorf("%s is not in %s", route, text)
		}
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	resp, text = p.request("OPTIONS", "/broadcast", "", "")
	h := resp.Header
	if resp.StatusCode != 204 || text != "" || h.Get("Access-Control-Allow-Origin") != "*" ||
		h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != "Content-Type" {
		t.Errorf("%d %q %v", resp.StatusCode, text, h)
	}
}

func TestCommandLine(t *testing.T) {
	p := start(t)
	for _, tc := range []struct {
		args string
		code int
		says string
	}{
		{"-h", 0, "-check-interval"},
		{"-nonsense", 2, "-nonsense"},
		{"surplus", 2, "surplus"},
		{"-check-interval 0s", 2, "-check-interval must be positive"},
		{"-check-interval often", 2, "-check-interval"},
		{"-listen " + p.addr, 1, "address already in use"},
	} {
		cmd := proctest.Command(t, binary, strings.Fields(tc.args)...)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != tc.code || !strings.Contains(string(out), tc.says) {
			t.Errorf("%s: code %d, said %s", tc.args, code, out)
		}
	}
}
