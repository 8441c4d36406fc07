package httpfront_test

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/httpfront"
)

// badInput is one request that must not reach the rooms.
type badInput struct {
	name   string
	raw    string
	status int
	code   string
	closed bool
}

// host is the part of a request head that every well-formed request has.
const host = "Host: x\r\n"

func malformedHTTP() []badInput {
	big := strings.Repeat("a", 9000)
	return []badInput{
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, "bad_request", true},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request", true},
		{"big header", get("/connect", "X: "+big+"\r\n"), 431, "head_too_large", true},
		{"big url", get("/connect?x="+big, ""), 431, "head_too_large", true},
		{"length and encoding", "POST /broadcast HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"2\r\n{}\r\n0\r\n\r\nGET /connect HTTP/1.1\r\n" + host + "\r\n", 400, "ambiguous_length", true},
		{"encoding and length", "POST /broadcast HTTP/1.1\r\n" + host + "Content-Type: application/json\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
			400, "ambiguous_length", true},
		{"two lengths", "POST /broadcast HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400, "bad_request", true},
		{"two different lengths", "POST /broadcast HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "bad_request", true},
		{"length +5", rawLength("+5"), 400, "bad_request", true},
		{"length -1", rawLength("-1"), 400, "bad_request", true},
		{"length list", rawLength("2, 2"), 400, "bad_request", true},
		{"length 1e20", rawLength("100000000000000000000"), 400, "bad_request", true},
		{"encoding xchunked", rawEncoding("Transfer-Encoding: xchunked"), 400, "bad_request", true},
		{"encoding list", rawEncoding("Transfer-Encoding: identity, chunked"), 400, "bad_request", true},
		{"encoding identity", rawEncoding("Transfer-Encoding: identity"), 400, "bad_request", true},
		{"encoding with space", rawEncoding("Transfer-Encoding : chunked"), 400, "bad_request", true},
		{"two encodings", rawEncoding("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400, "bad_request", true},
		{"encoding in http 1.0", "POST /broadcast HTTP/1.0\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400, "bad_request", true},
		{"chunk size zz", rawChunked("zz\r\n{}\r\n0\r\n\r\n"), 400, "bad_request", true},
		{"chunk size overflow", rawChunked("ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"), 400, "bad_request", true},
		{"lf in chunk extension", rawChunked("2;a\n\r\n{}\r\n0\r\n\r\n"), 400, "bad_request", true},
		{"nul in header", get("/connect", "X: a\x00b\r\n"), 400, "bad_request", true},
		{"bare cr in header", get("/connect", "X: a\rb\r\n"), 400, "bad_request", true},
		{"folded header", get("/connect", "X: a\r\n b\r\n"), 400, "bad_request", true},
		{"folded by tab", get("/connect", "X: a\r\n\tb\r\n"), 400, "bad_request", true},
		{"space in header name", get("/connect", "X Y: a\r\n"), 400, "bad_request", true},
		{"space before colon", get("/connect", "X : a\r\n"), 400, "bad_request", true},
		{"bare lf", "GET /connect HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400, "bad_request", true},
		{"header without colon", get("/connect", "nonsense\r\n"), 400, "bad_request", true},
		{"version 9.9", "GET /connect HTTP/9.9\r\n" + host + "\r\n", 505, "http_version", true},
		{"version 1.2", "GET /connect HTTP/1.2\r\n" + host + "\r\n", 505, "http_version", true},
		{"version 0.9", "GET /connect\r\n\r\n", 400, "bad_request", true},
		{"http2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version", true},
		{"tls hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n\r\n\r\n", 400, "bad_request", true},
		{"unknown expectation", post("/broadcast", "Expect: foo\r\n", "{}"), 417, "expectation_failed", true},
		{"authority form", "CONNECT evil:80 HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_target", true},
		{"other scheme", "GET ftp://evil/connect HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_target", true},
		{"user info", "GET http://a@evil/connect HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_target", true},
	}
}

func rawLength(v string) string {
	return "POST /broadcast HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Length: " + v + "\r\n\r\n{}"
}

func rawEncoding(line string) string {
	return "POST /broadcast HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n" + line + "\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
}

func rawChunked(body string) string {
	return "POST /broadcast HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

func badPaths() []badInput {
	cases := []badInput{
		{"lower-case method", "get /connect HTTP/1.1\r\n" + host + "\r\n", 405, "method_not_allowed", false},
		{"put", "PUT /broadcast HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", 405, "method_not_allowed", false},
		{"delete", "DELETE /connect HTTP/1.1\r\n" + host + "\r\n", 405, "method_not_allowed", false},
		{"post connect", post("/connect", "", "{}"), 405, "method_not_allowed", false},
		{"get broadcast", get("/broadcast", ""), 405, "method_not_allowed", false},
		{"head connect", "HEAD /connect HTTP/1.1\r\n" + host + "\r\n", 405, "", false},
		{"head events", "HEAD /events HTTP/1.1\r\n" + host + "\r\n", 405, "", false},
	}
	for _, p := range []string{
		"/connect%00.html", "/%2e%2e/etc/passwd", "/console/../connect", "/connect/", "//connect", "/Connect",
		"/./connect", "/connect#a", "/console/", "/console/index.html", "/console/console.go", "/rooms/", "/rooms/a/", "/rooms//history",
		"/rooms/a/b/history", "/nope", "/connect;a=b", "/%63onnect", "*",
	} {
		cases = append(cases, badInput{"path " + p, get(p, ""), 404, "not_found", false})
	}
	for _, p := range []string{"/rooms/%zz", "/rooms/a%2Fb", "/rooms/a%00", "/rooms/%C3%A9", "/rooms/a+b", "/rooms/a%20b/history", "/rooms/" + strings.Repeat("a", 129)} {
		cases = append(cases, badInput{"room path " + p, get(p, ""), 400, "invalid_room", false})
	}
	return append(cases, badInput{"kind in path", get("/rooms/a?kind=chess", ""), 404, "unknown_kind", false})
}

func badQueries() []badInput {
	var cases []badInput
	add := func(query string, status int, code string) {
		cases = append(cases, badInput{"connect?" + clip(query), get("/connect?"+query, ""), status, code, false})
	}
	for _, room := range []string{
		"a%0d%0ab", "a%01", "a%7f", "a%20b", "a+b", "a/b", "..%2f", "%C3%A9", "e%CC%81", "a,b", "a%22", "%E2%80%AE", strings.Repeat("a", 129),
	} {
		add("room="+room, 400, "invalid_room")
	}
	for _, q := range []string{"room=%zz", "room=%", "room=%4", "room=%c3", "room=%ff", "%zz=1", "room=a%ED%A0%80", "room=a#b", "room=\xff"} {
		add(q, 400, "invalid_query")
	}
	add(strings.Repeat("a&", 1000), 400, "too_many_parameters")
	add(strings.Repeat("room=a&", 121), 400, "too_many_parameters")
	add(manyRooms(101), 400, "too_many_rooms")
	add("room=a&room=a", 400, "duplicate_room")
	add("room=&room=global", 400, "duplicate_room")
	add("kind=chess", 404, "unknown_kind")
	add("room=a&room=b&format=named", 400, "one_room_only")
	add("room=a&room=b&format=plain", 400, "one_room_only")
	for _, q := range []string{
		"kind=room&kind=room", "client=a&client=b", "ttl=1&ttl=1", "format=plain&format=plain", "heartbeat=event&heartbeat=event",
		"replay=1&replay=2", "lastEventId=1&lastEventId=2", "client=a%20b", "client=" + strings.Repeat("a", 129), "ttl=-1", "ttl=1.5", "ttl=x",
		"ttl=99999999999", "ttl=0x10", "replay=-1", "replay=ten", "replay=18446744073709551616", "format=xml", "heartbeat=comment",
		"presence=yes", "presence=1", "presence=ON", "presence=on&presence=on",
	} {
		add(q, 400, "invalid_parameter")
	}
	return append(cases,
		badInput{"events rooms", get("/events?room=a&room=b", ""), 400, "one_room_only", false},
		badInput{"accept json", get("/connect", "Accept: application/json\r\n"), 406, "not_acceptable", false},
		badInput{"accept weight zero", get("/connect", "Accept: text/event-stream;q=0, */*\r\n"), 406, "not_acceptable", false},
	)
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

func manyRooms(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "room=r%d&", i)
	}
	return b.String()
}

func badPublishes() []badInput {
	var cases []badInput
	add := func(name, raw string, status int, code string) {
		cases = append(cases, badInput{name, raw, status, code, false})
	}
	for _, ct := range []string{
		"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", "text/plain; application/json", "application/json2",
	} {
		add("type "+ct, "POST /broadcast HTTP/1.1\r\n"+host+"Content-Type: "+ct+"\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported_media_type")
	}
	add("no type", "POST /broadcast HTTP/1.1\r\n"+host+"Content-Length: 2\r\n\r\n{}", 415, "unsupported_media_type")
	add("gzip", post("/broadcast", "Content-Encoding: gzip\r\n", "\x1f\x8b\x08{}"), 415, "unsupported_encoding")
	add("two rooms", post("/broadcast?room=a&room=b", "", "{}"), 400, "invalid_parameter")
	add("bad room", post("/broadcast?room=a%0d%0ab", "", "{}"), 400, "invalid_room")
	add("unknown kind", post("/broadcast?kind=chess", "", "{}"), 404, "unknown_kind")
	for _, p := range []string{"id=7-42", "id=", "retry=1", "user=", "user=a&user=b", "user=a&client=b", "user=" + strings.Repeat("u", 256), "client=", "client=a%00", "client=a&client=b", "event=a&event=b"} {
		add("parameter "+p, post("/broadcast?"+p, "", "{}"), 400, "invalid_parameter")
	}
	for _, e := range []string{"a%0ab", "a%0db", "a%00b", "a%20b", "%C3%A9", strings.Repeat("e", 65)} {
		add("event "+e, post("/broadcast?event="+e, "", "{}"), 400, "invalid_event")
	}
	for _, e := range []string{"gap", "reset", "unavailable", "update", "heartbeat", "token-expired", "token-expiring", "connected", "replaced"} {
		add("reserved "+e, post("/broadcast?event="+e, "", "{}"), 400, "reserved_event")
	}
	for name, k := range map[string]string{
		"empty": "", "space": "a b", "high": "a\xff", "long": strings.Repeat("k", 256), "tab": "a\tb", "twice": "a\r\nIdempotency-Key: a",
	} {
		add("key "+name, post("/broadcast", "Idempotency-Key: "+k+"\r\n", "{}"), 400, "invalid_idempotency_key")
	}
	for name, body := range badBodies() {
		add("body "+name, post("/broadcast", "", body), 400, "invalid_json")
	}
	tooBig := `{"a":"` + strings.Repeat("a", 65537-8) + `"}`
	return append(cases,
		badInput{"65,537 bytes", post("/broadcast", "", tooBig), 413, "body_too_large", true},
		badInput{"65,537 bytes chunked", rawChunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(tooBig), tooBig)), 413, "body_too_large", true},
		badInput{"a megabyte", post("/broadcast", "", strings.Repeat(" ", 1<<20)), 413, "body_too_large", true},
	)
}

// TestBadInput sends each request to a server of its own kind and checks the
// answer, that nothing reached the rooms, and that the server goes on.
func TestBadInput(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	groups := map[string][]badInput{"http": malformedHTTP(), "path": badPaths(), "query": badQueries(), "publish": badPublishes(),
		"kind": badKinds(), "new room": badNewRooms(), "fetch": badFetches()}
	for group, cases := range groups {
		for _, tc := range cases {
			t.Run(group+"/"+tc.name, func(t *testing.T) {
				before := rooms.reached()
				r := roundTrip(t, addr, tc.raw)
				if code := r.code(t); r.status != tc.status || code != tc.code {
					t.Errorf("got %d %q, want %d %q: %s", r.status, code, tc.status, tc.code, r.body)
				}
				if r.closed != tc.closed {
					t.Errorf("closed %v, want %v", r.closed, tc.closed)
				}
				if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("headers %v", r.header)
				}
				if r.status == 405 && !strings.HasSuffix(r.header.Get("Allow"), ", OPTIONS") {
					t.Errorf("Allow %q", r.header.Get("Allow"))
				}
				if rooms.reached() != before {
					t.Error("the rooms were reached")
				}
			})
		}
	}
	if r := roundTrip(t, addr, post("/broadcast", "", "{}")); r.status != 200 {
		t.Errorf("the server no longer serves: %d", r.status)
	}
}

// TestSecrets checks that no answer repeats what may be a token.
func TestSecrets(t *testing.T) {
	_, addr := start(t, &fakeRooms{})
	for _, raw := range []string{
		get("/connect?token=s3cr3t&room=%zz", ""), "GET /connect?token=s3cr3t\r\n\r\n", "s3cr3t / HTTP/1.1\r\n\r\n",
		get("/connect?token=s3cr3t", "Authorization: Bearer s3cr3t\r\n folded\r\n"), get("/s3cr3t", ""), post("/broadcast?s3cr3t", "", `{"s3cr3t"`),
	} {
		if r := roundTrip(t, addr, raw); strings.Contains(string(r.body), "s3cr3t") {
			t.Errorf("%q is answered with %s", raw, r.body)
		}
	}
}

func TestHosts(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Hosts = []string{"parlor.example", "[::1]", "other:8080"} })
	for _, tc := range []struct {
		target, host string
		status       int
	}{
		{"/health", "parlor.example", 200},
		{"/health", "PARLOR.example:9000", 200},
		{"/health", "[::1]:8080", 200},
		{"/health", "other:8080", 200},
		{"/health", "other", 421},
		{"/health", "other:80", 421},
		{"/health", "evil", 421},
		{"/health", "parlor.example.evil", 421},
		{"/health", "parlor.example:evil", 421},
		{"http://evil/health", "parlor.example", 421},
		{"http://parlor.example/health", "evil", 200},
		{"HTTP://parlor.example/health?x", "evil", 200},
	} {
		r := roundTrip(t, addr, "GET "+tc.target+" HTTP/1.1\r\nHost: "+tc.host+"\r\n\r\n")
		if r.status != tc.status && !(tc.status == 421 && r.status == 400 && strings.Contains(tc.host, ":evil")) {
			t.Errorf("%s of %s: %d, want %d", tc.target, tc.host, r.status, tc.status)
		}
	}
}

// TestSlow checks that a request that does not arrive in time ends its
// connection, whatever part of it is late.
func TestSlow(t *testing.T) {
	for _, tc := range []struct{ name, sent string }{
		{"nothing", ""},
		{"half a line", "GET /conn"},
		{"half a head", "GET /connect HTTP/1.1\r\nHost: x\r\n"},
		{"half a body", "POST /broadcast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"},
		{"half a chunk", rawChunked("5\r\n{}")},
		{"tls hello without a line end", "\x16\x03\x01\x02\x00\x01"},
		{"idle", get("/health", "")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rooms := &fakeRooms{}
			_, addr := start(t, rooms, func(c *httpfront.Config) {
				c.HeadTimeout, c.BodyTimeout, c.IdleTimeout = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
			})
			conn := dial(t, addr)
			if _, err := io.WriteString(conn, tc.sent); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatalf("the connection was not closed: %v", err)
			}
			if strings.HasPrefix(tc.name, "half") && !strings.HasPrefix(string(got), "HTTP/1.1 408 ") {
				t.Errorf("got %q", got)
			}
			if rooms.reached() != 0 {
				t.Error("the rooms were reached")
			}
		})
	}
}

// TestDrip checks that a byte now and then does not prolong the time for a head.
func TestDrip(t *testing.T) {
	_, addr := start(t, &fakeRooms{}, func(c *httpfront.Config) { c.HeadTimeout = 100 * time.Millisecond })
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, "GET /connect HTTP/1.1\r\nHost: x\r\nX: "); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if _, err := io.WriteString(conn, "a"); err != nil {
					return
				}
			}
		}
	}()
	r := readReply(t, bufio.NewReader(conn), "GET")
	close(stop)
	<-done
	if r.status != 408 || r.code(t) != "timeout" {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

func TestPipelined(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	conn := dial(t, addr)
	const n = 1000
	go func() { _, _ = io.WriteString(conn, strings.Repeat(post("/broadcast", "", `{"a":1}`), n)) }()
	br := bufio.NewReader(conn)
	for i := range n {
		if r := readReply(t, br, "POST"); r.status != 200 {
			t.Fatalf("answer %d: %d %s", i, r.status, r.body)
		}
	}
	if rooms.reached() != n {
		t.Errorf("%d of %d reached the rooms", rooms.reached(), n)
	}
}

func TestManyHeaders(t *testing.T) {
	_, addr := start(t, &fakeRooms{})
	if r := roundTrip(t, addr, get("/health", strings.Repeat("X: y\r\n", 200))); r.status != 200 && r.status != 431 {
		t.Errorf("got %d", r.status)
	}
}

func TestContinue(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	conn := dial(t, addr)
	br := bufio.NewReader(conn)
	if _, err := io.WriteString(conn, "POST /broadcast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := br.ReadString('\n')
	if err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if _, err := br.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "{}"); err != nil {
		t.Fatal(err)
	}
	if r := readReply(t, br, "POST"); r.status != 200 {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

// TestTrailingBytes checks that what follows a stream's request is never taken
// for another request.
func TestTrailingBytes(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, get("/connect", "")+post("/broadcast", "", "{}")+"junk"); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn)
	if got := rooms.reached(); got != 1 {
		t.Errorf("%d requests reached the rooms, want the stream's alone", got)
	}
}
