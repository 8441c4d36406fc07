package httpfront

import (
	"net"
	"net/netip"
	"testing"

	"github.com/valyala/fasthttp"
)

// TestClient checks whose address a request counts for.
func TestClient(t *testing.T) {
	s := &Server{cfg: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}}
	for name, tc := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                      {"203.0.113.1:1", nil, "203.0.113.1"},
		"a liar":                        {"203.0.113.1:1", []string{"198.51.100.7"}, "203.0.113.1"},
		"a proxy that says nothing":     {"10.0.0.1:1", nil, "10.0.0.1"},
		"a proxy":                       {"10.0.0.1:1", []string{"198.51.100.7"}, "198.51.100.7"},
		"a mapped proxy":                {"[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		"two proxies":                   {"10.0.0.1:1", []string{"198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		"two lines":                     {"[fd00::1]:1", []string{"198.51.100.7", "10.0.0.2"}, "198.51.100.7"},
		"a liar behind a proxy":         {"10.0.0.1:1", []string{"10.9.9.9, 192.0.2.1,198.51.100.7"}, "198.51.100.7"},
		"a liar's proxy":                {"10.0.0.1:1", []string{"192.0.2.1, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		"proxies alone":                 {"10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"nonsense":                      {"10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		"nonsense behind a proxy":       {"10.0.0.1:1", []string{"192.0.2.1, _hidden, 10.0.0.2"}, "10.0.0.2"},
		"empty":                         {"10.0.0.1:1", []string{""}, "10.0.0.1"},
		"an address with a port":        {"10.0.0.1:1", []string{"198.51.100.7:4711"}, "198.51.100.7"},
		"an IPv6 address with a port":   {"10.0.0.1:1", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		"an IPv6 address with a zone":   {"10.0.0.1:1", []string{"fe80::1%eth0"}, "fe80::1"},
		"an IPv6 address and a bracket": {"10.0.0.1:1", []string{"[2001:db8::1"}, "10.0.0.1"},
	} {
		peer, err := net.ResolveTCPAddr("tcp", tc.peer)
		if err != nil {
			t.Fatal(err)
		}
		var ctx fasthttp.RequestCtx
		ctx.Init(&fasthttp.Request{}, peer, nil)
		for _, line := range tc.forwarded {
			ctx.Request.Header.Add(fasthttp.HeaderXForwardedFor, line)
		}
		if got := s.client(&request{ctx: &ctx}).String(); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, &net.UnixAddr{}, nil)
	if got := s.client(&request{ctx: &ctx}); got.IsValid() {
		t.Errorf("a unix socket: %s", got)
	}
}
