package e2e_test

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// from connects from another address of this machine's loopback.
func from(local, addr string) dialer {
	d := net.Dialer{Timeout: proctest.Patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
	return func() (net.Conn, error) { return d.Dial("tcp", addr) }
}

// TestForwardedFor wants the word of a trusted proxy on whose stream it is to
// count, and nobody else's.
func TestForwardedFor(t *testing.T) {
	t.Parallel()
	const proxy, behind, stranger = "127.0.0.2", "127.0.0.3", "127.0.0.4"
	s := start(t, "--trusted-proxy", proxy+","+behind, "--streams-per-ip", "2")
	try := func(peer string, headers ...string) *stream {
		t.Helper()
		st, err := tryOpen(t, from(peer, s.addr), "/connect?room=a", headers...)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	opens := func(peer string, headers ...string) *stream {
		t.Helper()
		st := try(peer, headers...)
		if st.head[0] != "HTTP/1.1 200 OK" {
			t.Errorf("from %s with %q: %q", peer, headers, st.head)
		}
		return st
	}
	refuses := func(peer string, headers ...string) {
		t.Helper()
		if st := try(peer, headers...); st.head[0] != "HTTP/1.1 429 Too Many Requests" || st.header("Retry-After") != "30" {
			t.Errorf("from %s with %q: %q", peer, headers, st.head)
		}
	}
	const far = "X-Forwarded-For: 203.0.113.7"
	first := opens(proxy, far)
	opens(behind, "X-Forwarded-For: 198.51.100.1", far)
	for i := range 3 { // whatever a client says in front of what the proxy knows
		refuses(proxy, fmt.Sprintf("X-Forwarded-For: 198.51.100.%d, 203.0.113.7", i))
	}
	refuses(proxy, "X-Forwarded-For: 10.0.0.1, 203.0.113.7:4711, 127.0.0.3")
	opens(proxy, "X-Forwarded-For: 203.0.113.8")
	// What strangers say is not heard, be it of others or of themselves: they are
	// on loopback, which is not counted.
	for range 3 {
		opens(stranger, far)
	}
	opens(proxy, "Forwarded: for=203.0.113.7", "X-Real-IP: 203.0.113.7")
	first.close()
	proctest.Until(t, "the place of the stream that ended is free", func() bool {
		return try(proxy, far).head[0] == "HTTP/1.1 200 OK"
	})
	refuses(proxy, far)
}

// TestPublishRate wants who publishes too fast to be told when to go on, and
// nobody else to notice.
func TestPublishRate(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	s := is.start("--publish-rate", "1", "--one-stream-per-user")
	hasty, calm := is.grant(allRights(), claims{"sub": "ann"}), is.grant(allRights(), claims{"sub": "bob"})
	st := s.open("/connect?room=a&replay=0", bearing(calm))
	s.token = calm
	first := s.publish("a", `{"n":0}`)
	first.want(t, st.message())
	taken, refusals := 0, 0
	var wait time.Duration
	for refusals == 0 && taken < 100 { // on a slow machine a second may pass in between
		a := s.ask(posting("/broadcast?room=a", `{"hasty":true}`, bearing(hasty)))
		if a.status == 200 {
			taken++
			continue
		}
		refusals++
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if a.status != 429 || a.code() != "rate_limited" || err != nil || seconds < 1 {
			t.Fatalf("got %d %v %s", a.status, a.header, a.body)
		}
		wait = time.Duration(seconds) * time.Second
	}
	if taken == 0 || refusals == 0 {
		t.Fatalf("%d were taken, %d were not", taken, refusals)
	}
	again := time.NewTimer(wait)
	defer again.Stop()
	<-again.C
	s.token = hasty
	last, err := s.post("room=a", "", `{"last":true}`)
	var refused *refusal
	if errors.As(err, &refused) {
		t.Fatalf("refused after the time that it was told to wait: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	for range taken {
		st.message()
	}
	last.want(t, st.message())
	if len(s.history("a")) != min(10, taken+2) {
		t.Errorf("the room keeps %v", s.history("a"))
	}
}
