package e2e_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// bearers are ways to bring a token in headers, most of them wrong.
var bearers = []string{
	"Authorization: Bearer TOKEN", "X-Auth-Token: TOKEN", "Authorization: TOKEN", "Authorization: Basic TOKEN",
	"Authorization: Bearer TOKENTOKEN", "Authorization: Bearer TOKEN\r\nAuthorization: Bearer TOKEN",
	"Authorization: Bearer TOKEN, Bearer TOKEN", "Authorization: Bearer TOKEN\r\nX-Auth-Token: x",
	"Cookie: token=TOKEN", "Authorization : Bearer TOKEN", "Authorization: Bearer\r\n TOKEN", "Referer: http://x/?token=TOKEN",
	"Authorization: Bearer TOKEN\r\nOrigin: https://TOKEN", "Authorization: Bearer TOKEN\r\nExpect: TOKEN",
	"Authorization: Bearer TOKEN\r\nHost: TOKEN", "Authorization: Bearer TOKEN\r\nX: " + strings.Repeat("TOKEN", 60),
}

// asked are the routes that a token goes to, with a method each.
var asked = []string{
	"GET /", "GET /connect?room=a", "GET /connect?room=a&presence=on", "GET /connect?room=b&room=c", "GET /events?room=a", "HEAD /connect?room=a",
	"GET /connect?room=%zz", "GET /connect?room=a&replay=x", "GET /rooms", "POST /rooms", "GET /rooms/a", "GET /rooms/a/history",
	"GET /rooms/a/subscribers", "DELETE /rooms/a/subscribers/nobody", "GET /rooms/a/fetch", "PUT /rooms/a/fetch/x?y=z", "GET /rooms/%00",
	"GET /members", "GET /health", "GET /ready", "GET /kafka/status", "POST /ticket?room=a", "POST /ticket?room=b&room=b",
	"POST /broadcast?room=a", "POST /broadcast?room=a&user=x", "POST /broadcast?room=a&event=gap", "POST /broadcast?room=elsewhere!",
	"OPTIONS /broadcast", "TRACE /", "GET /nothing", "GET //", "GET /metrics", "GET /debug/pprof/cmdline", "BREW /connect",
}

// malformed are requests that hold a token and are hardly any.
var malformed = []string{
	"GET /connect?token=TOKEN\r\n\r\n", "GET /connect?token=TOKEN HTTP/9.9\r\n\r\n", "TOKEN\r\n\r\n", "TOKEN / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET http://[TOKEN/connect HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://TOKEN@x/ HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /connect?token=TOKEN HTTP/1.1\r\nHost: TOKEN\r\n\r\n", "GET /connect?token=TOKEN HTTP/1.1\r\nno header\r\n\r\n",
	"GET /connect?token=TOKEN#TOKEN HTTP/1.1\r\nHost: parlor.test\r\n\r\n", "GET /connect?%74oken=TOKEN HTTP/1.1\r\nHost: parlor.test\r\n\r\n",
	"POST /broadcast HTTP/1.1\r\nHost: parlor.test\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n",
	"POST /broadcast HTTP/1.1\r\nHost: parlor.test\r\nAuthorization: Bearer TOKEN\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
	"POST /broadcast HTTP/1.1\r\nHost: parlor.test\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\nno object",
	"\x16\x03\x01TOKEN",
}

// canaries returns every request there is with a token in it.
func canaries(token string) []string {
	var all []string
	for _, ask := range asked {
		body := ""
		if strings.HasPrefix(ask, "POST /broadcast") {
			body = `{"heard":"marker"}`
		}
		write := func(ask, header string) {
			all = append(all, fmt.Sprintf("%s HTTP/1.1\r\nHost: parlor.test\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s",
				ask, len(body), header, body))
		}
		for _, header := range bearers {
			write(ask, header+"\r\n")
		}
		sep := "?"
		if strings.Contains(ask, "?") {
			sep = "&"
		}
		for _, query := range []string{"token=TOKEN", "ticket=TOKEN", "token=TOKEN&ticket=TOKEN", "token=TOKEN%zz"} {
			write(ask+sep+query, "")
			write(ask+sep+query, "Authorization: Bearer TOKEN\r\n")
		}
	}
	all = append(all, malformed...)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "TOKEN", token)
	}
	return all
}

// hearing is how long a canary waits for the rest of an answer: streams have no
// end, and some requests never get one.
const hearing = 5 * time.Millisecond

// pour sends bytes and returns what comes back.
func pour(t *testing.T, dial dialer, raw string) []byte {
	t.Helper()
	conn, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, raw) // it may be cut off before the end
	var all []byte
	for buf, wait := make([]byte, 32<<10), 20*hearing; ; wait = hearing {
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		n, err := conn.Read(buf)
		if all = append(all, buf[:n]...); err != nil {
			return all
		}
	}
}
