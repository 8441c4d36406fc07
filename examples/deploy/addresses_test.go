package deploy_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// countAddresses has a node take one stream of an address, and clients of two
// addresses come through the proxy: each is counted for itself. The proxy is on
// loopback, whose streams nobody counts, so that only its word can bring a refusal
// about.
func countAddresses(t *testing.T, with setup, start proxy) {
	other := ownAddress(t)
	n := nodetest.Start(t, with.program, "serve", "--streams-per-ip", "1", "--trusted-proxy", "127.0.0.1")
	listen := ports.Local(ports.Take(t))
	start(t, listen, [3]string{n.Address(), n.Address(), n.Address()})
	loopback := netip.MustParseAddr("127.0.0.2")
	for _, c := range []struct {
		from netip.Addr
		want int
	}{
		{other, http.StatusOK},
		{other, http.StatusTooManyRequests},
		{loopback, http.StatusOK},
		{loopback, http.StatusOK},
		{other, http.StatusTooManyRequests},
	} {
		if got := openFrom(t, c.from, "http://"+listen+"/connect?room=a"); got != c.want {
			t.Errorf("a stream from %s: %d, want %d", c.from, got, c.want)
		}
	}
}

// openFrom opens a stream from an address of this machine, keeps it until the test
// ends, and returns the status.
func openFrom(t *testing.T, from netip.Addr, url string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	// What a client claims of itself must not count.
	req.Header.Set("X-Forwarded-For", "192.0.2.7")
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
	transport := &http.Transport{DialContext: dialer.DialContext}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close(); transport.CloseIdleConnections() })
	return resp.StatusCode
}

// ownAddress returns an address of this machine that is not on loopback.
func ownAddress(t *testing.T) netip.Addr {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if ip := prefix.Addr(); err == nil && ip.Is4() && !ip.IsLoopback() {
			return ip
		}
	}
	t.Skip("this machine has no IPv4 address but on loopback, whose streams nobody counts")
	return netip.Addr{}
}
