package httpfront

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	urlpath "path"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Admin answers operators: health, readiness, metrics and profiles. It belongs
// on an address that only they can reach; nothing here asks who they are.
type Admin struct {
	http *http.Server
}

// NewAdmin returns the admin server that goes with s, with the metrics of g;
// nil leaves /metrics out. It starts nothing.
//
// Requests are answered if they name the host by an IP address, as localhost,
// or as one of s's Config.Hosts, and for every host if that list is empty. No
// answer has CORS headers.
func NewAdmin(s *Server, g prometheus.Gatherer) *Admin {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		writeAdmin(w, http.StatusOK, s.healthJSON())
	})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		if s.notReady.Load() {
			writeAdmin(w, errNotReady.status, errNotReady.json())
			return
		}
		writeAdmin(w, http.StatusOK, s.readyJSON())
	})
	if g != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	}
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.Handle("GET /debug/pprof", http.RedirectHandler("/debug/pprof/", http.StatusPermanentRedirect))
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return &Admin{http: &http.Server{
		Handler:           adminHosts(s.hosts, onePath(mux)),
		ReadHeaderTimeout: s.cfg.HeadTimeout,
		IdleTimeout:       s.cfg.IdleTimeout,
		MaxHeaderBytes:    s.cfg.MaxHead,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}}
}

// Serve accepts connections from ln until Shutdown, and closes it then. It
// returns nil after Shutdown, else the error that ended it.
func (a *Admin) Serve(ln net.Listener) error {
	if err := a.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve admin %s: %w", ln.Addr(), err)
	}
	return nil
}

// Shutdown closes the listeners and waits for requests in progress until ctx
// ends; those that go on then, such as a profile, are cut.
func (a *Admin) Shutdown(ctx context.Context) error {
	if err := a.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("shut down admin: %w", err), a.http.Close())
	}
	return nil
}

// adminHosts keeps web pages whose name was made to point here from reading
// what is here.
func adminHosts(allowed hosts, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed.allows(r.Host) && !isLocalName(r.Host) {
			writeAdmin(w, errHost.status, errHost.json())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// onePath refuses paths that have a shorter spelling. A ServeMux would redirect
// them to that, with the query: no answer repeats what might be a secret.
func onePath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := urlpath.Clean(r.URL.Path)
		if r.URL.Path != clean && r.URL.Path != strings.TrimSuffix(clean, "/")+"/" {
			writeAdmin(w, errNotFound.status, errNotFound.json())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLocalName reports whether a Host is an IP address or localhost, neither of
// which the DNS can make point elsewhere.
func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

func writeAdmin(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", typeJSON)
	h.Set("Cache-Control", cacheNever)
	h.Set(headerNosniff, "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
