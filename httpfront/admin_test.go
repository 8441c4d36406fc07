package httpfront_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/httpfront"
)

// startAdmin serves the admin side of srv until the test ends.
func startAdmin(t *testing.T, srv *httpfront.Server, g prometheus.Gatherer) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := httpfront.NewAdmin(srv, g)
	done := make(chan error, 1)
	go func() { done <- admin.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := admin.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

func TestAdmin(t *testing.T) {
	reg := prometheus.NewRegistry()
	srv, public := start(t, &fakeRooms{}, func(c *httpfront.Config) { c.Registry = reg })
	addr := startAdmin(t, srv, reg)
	roundTrip(t, public, get("/health", ""))
	for target, want := range map[string]string{
		"/health":             `"node":"test-node"`,
		"/ready":              `{"status":"ready"}`,
		"/metrics":            `parlor_http_requests_total{code="200",route="/health"}`,
		"/debug/pprof/":       "goroutine",
		"/debug/pprof/heap":   "",
		"/debug/pprof/symbol": "num_symbols",
	} {
		r := roundTrip(t, addr, get(target, ""))
		if r.status != 200 || !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %d %s", target, r.status, r.body)
		}
		if r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: CORS on the admin address", target)
		}
	}
	srv.SetReady(false)
	if r := roundTrip(t, addr, get("/ready", "")); r.status != 503 || r.code(t) != "not_ready" {
		t.Errorf("not ready: %d %s", r.status, r.body)
	}
	for target, want := range map[string]int{"/": 404, "/connect": 404, "/broadcast": 404, "/nope": 404} {
		if r := roundTrip(t, addr, get(target, "")); r.status != want {
			t.Errorf("%s: %d", target, r.status)
		}
	}
	if r := roundTrip(t, public, get("/metrics", "")); r.status != 404 {
		t.Errorf("metrics on the public address: %d", r.status)
	}
}

// TestAdminRepeatsNothing asks by paths that could be written otherwise.
func TestAdminRepeatsNothing(t *testing.T) {
	srv, _ := start(t, &fakeRooms{})
	addr := startAdmin(t, srv, nil)
	for path, want := range map[string]int{
		"//": 404, "/debug/../health": 404, "/debug//pprof/": 404, "/./ready": 404, "/health/": 404,
		"/debug/pprof": http.StatusPermanentRedirect,
	} {
		r := roundTrip(t, addr, get(path+"?token=secret", ""))
		if said := fmt.Sprint(r.header) + string(r.body); r.status != want || strings.Contains(said, "secret") {
			t.Errorf("%s: %d %s", path, r.status, said)
		}
	}
}

func TestAdminHosts(t *testing.T) {
	srv, _ := start(t, &fakeRooms{}, func(c *httpfront.Config) { c.Hosts = []string{"parlor.example"} })
	addr := startAdmin(t, srv, nil)
	for host, want := range map[string]int{
		"parlor.example": 200, "parlor.example:8081": 200, "localhost": 200, "localhost:8081": 200, "10.0.0.1": 200, "10.0.0.1:8081": 200, "[::1]:8081": 200, "[::1]": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "localhost.evil:8081": 421,
	} {
		req, err := http.NewRequest(http.MethodGet, "http://"+addr+"/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host, req.Close = host, true
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, resp.StatusCode, want)
		}
	}
}
