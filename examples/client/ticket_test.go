package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/examples/exampletest"
)

// gate stands in front of a server. It gives tickets to who brings the secret, and
// lets a stream through for a ticket that was not used before.
type gate struct {
	http.Handler // the server

	mu      sync.Mutex
	tickets map[string]bool // guarded by mu: good ones
	opened  int             // guarded by mu: streams let through
	turned  int             // guarded by mu: streams turned away
}

func newGate(t *testing.T, n *exampletest.Node) (*gate, *httptest.Server) {
	t.Helper()
	to, err := url.Parse(n.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport, proxy.FlushInterval = transport, -1
	// The server is killed in the course of the test.
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	g := &gate{Handler: proxy, tickets: map[string]bool{}}
	server := httptest.NewServer(g)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	return g, server
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/ticket":
		g.give(w, r)
	case "/connect":
		if !g.take(r.URL.Query().Get("ticket")) {
			http.Error(w, "no ticket, or a used one", http.StatusUnauthorized)
			return
		}
		defer func() { _ = recover() }() // a stream that breaks off makes the proxy panic
		g.Handler.ServeHTTP(w, r)
	default:
		g.Handler.ServeHTTP(w, r)
	}
}

func (g *gate) give(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer secret" || r.URL.Query().Get("room") != "a" {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	ticket := rand.Text()
	g.mu.Lock()
	g.tickets[ticket] = true
	g.mu.Unlock()
	fmt.Fprintf(w, `{"ticket":%q,"expiresIn":30}`, ticket)
}

func (g *gate) take(ticket string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	good := g.tickets[ticket]
	delete(g.tickets, ticket)
	if good {
		g.opened++
	} else {
		g.turned++
	}
	return good
}

// counts returns how many streams were let through and turned away.
func (g *gate) counts() (opened, turned int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened, g.turned
}

const fetchTicket = `window.ticket = async (rooms) => {
	const query = new URLSearchParams(rooms.map((room) => ["room", room]));
	const headers = { Authorization: "Bearer " + (window.secret ?? "secret") };
	const response = await fetch("/ticket?" + query, { method: "POST", headers });
	if (!response.ok) throw new Error("refused");
	return (await response.json()).ticket;
};`

// tickets has every connection bring a ticket of its own.
func tickets(t *testing.T, b *exampletest.Browser, program string) {
	n := exampletest.Start(t, program, "--heartbeat", beat)
	g, server := newGate(t, n)
	enter := func() follower {
		f := open(t, b, server.URL+"/")
		f.tab.Run(nil, fetchTicket)
		f.connect("a")
		f.untilState("open")
		return f
	}
	tabs := []follower{enter(), enter()}
	publish(n, "a", 1, 3)
	n.Kill()
	tabs[1].untilState("waiting")
	n.Run()
	publish(n, "a", 4, 6)
	for _, f := range tabs {
		f.wantNumbers("a", 1, 6)
	}
	if opened, turned := g.counts(); opened < 3 || turned > 0 {
		t.Errorf("%d streams were let through and %d turned away", opened, turned)
	}

	// While no ticket is to be had, the tabs wait for one.
	lead, others := leader(t, tabs)
	others[0].tab.Run(nil, `window.secret = "wrong";`)
	lead.tab.Close()
	others[0].untilState("waiting")
	others[0].tab.Run(nil, `window.secret = undefined;`)
	publish(n, "a", 7, 9)
	others[0].wantNumbers("a", 1, 9)
	others[0].wantCalm()
}
