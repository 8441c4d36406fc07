package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// canary stands for whatever is nobody else's business.
const canary = "c4n4ry-5ecret"

// indiscreet are requests that carry the canary everywhere, most of them wrong
// in some way: errors are what is logged.
var indiscreet = []string{
	"GET /connect?room=CANARY&token=CANARY&client=CANARY HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer CANARY\r\n\r\n",
	"GET /connect?room=a&lastEventId=CANARY&CANARY=CANARY HTTP/1.1\r\nHost: x\r\nCookie: CANARY\r\n\r\n",
	"GET /connect?room=CANARY%00 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: CANARY\r\n\r\n",
	"GET /connect?room=%zzCANARY HTTP/1.1\r\nHost: CANARY\r\n\r\n",
	"GET /CANARY HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /rooms/CANARY/history?CANARY HTTP/1.1\r\nHost: x\r\n\r\n",
	"CANARY /connect HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /connect?token=CANARY HTTP/CANARY\r\nHost: x\r\n\r\n",
	"GET /connect?token=CANARY HTTP/1.1\r\nHost: x\r\nX CANARY\r\n\r\n",
	"GET /connect?token=CANARY HTTP/1.1\r\nHost: x\r\nX: CANARY\r\n CANARY\r\n\r\n",
	"GET /connect?token=CANARY HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("CANARY", 2000) + "\r\n\r\n",
	"POST /broadcast?room=CANARY&event=CANARY HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: CANARY\r\nContent-Length: 24\r\n\r\n{\"data\":\"CANARY\"}",
	"POST /broadcast?room=a HTTP/1.1\r\nHost: x\r\nContent-Type: CANARY\r\nContent-Length: 24\r\n\r\n{\"data\":\"CANARY\"}",
	"POST /broadcast?room=a&event=CANARY! HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n{\"data\":\"CANARY\",CANARY",
	"POST /broadcast?room=a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: CANARY\r\n\r\n{\"data\":\"CANARY\"}",
	"POST /broadcast?room=a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nCANARY\r\n{}\r\n0\r\n\r\n",
	"CANARY\r\n\r\n",
	"\x16\x03\x01CANARY CANARY",
}

// TestSecretsStayOut wants nothing of bodies, queries and headers in what the
// process writes about itself, at its most talkative, on any of its ends.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		for name, start := range map[string]func(*testing.T, ...string) *server{"plain": start, "TLS": startTLS} {
			t.Run(format+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := start(t, "--log-level", "debug", "--log-format", format, "--slow", "gap", "--queue-messages", "1", "--idle", "50ms")
				for _, text := range indiscreet {
					send(t, s, strings.ReplaceAll(text, "CANARY", canary))
				}
				slow := openBy(t, s.dialStalling(), "/connect?room="+canary)
				for range 100 {
					s.publish(canary, `{"data":"`+strings.Repeat(canary, 100)+`"}`)
				}
				slow.close()
				checkDiscretion(t, s)
				s.Kill()
				again := s.again()
				again.open("/connect?room="+canary, resumeAt(canary)).message()
				checkDiscretion(t, again)
				again.terminate()
				for _, p := range []*server{s, again} {
					if said := p.Said(); strings.Contains(said, canary) || !strings.Contains(said, "serving") {
						t.Errorf("the process wrote:\n%s", said)
					}
				}
			})
		}
	}
}

// send sends bytes to the server, over TLS only if it speaks that, and reads a
// little of what comes back.
func send(t *testing.T, s *server, text string) {
	t.Helper()
	dials := []dialer{s.dial()}
	if s.tls != nil {
		dials = append(dials, tcp(s.addr))
	}
	for _, dial := range dials {
		conn, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, text)
		// Some of these are streams, and some wait for more.
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		_, _ = conn.Read(make([]byte, 4<<10))
		_ = conn.Close()
	}
}

// checkDiscretion looks at what the admin address shows.
func checkDiscretion(t *testing.T, s *server) {
	t.Helper()
	for _, path := range []string{"/metrics", "/health", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2"} {
		resp, err := http.Get("http://" + s.admin + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(string(body), canary) {
			t.Errorf("%s: %d, %v, %s", path, resp.StatusCode, err, body)
		}
	}
}
