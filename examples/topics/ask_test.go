package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

const adminPayload = `{"sub":"root","role":"admin"}`

// requestTo makes a request with a token, unless that is empty, and a body of
// JSON, unless that is empty, and returns the answer and its header.
func requestTo(t *testing.T, n *nodetest.Node, method, path, token, body string) (nodetest.Answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, n.URL(path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("x-auth-token", token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: proctest.Patience}
	resp, err := client.Do(req)
	if err != nil {
		return nodetest.Answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return nodetest.Answer{Status: resp.StatusCode, Header: resp.Header, Body: text}, err
}

// post is a POST that has to be answered with 200.
func post(t *testing.T, n *nodetest.Node, path, token, body string) string {
	t.Helper()
	a, err := requestTo(t, n, http.MethodPost, path, token, body)
	if err != nil || a.Status != http.StatusOK {
		t.Fatalf("POST %s %s at %s: %v, %v", path, body, n.Name, a, err)
	}
	return string(a.Body)
}

// connect opens the stream of a user.
func connect(t *testing.T, n *nodetest.Node, user string) *nodetest.Stream {
	t.Helper()
	s := n.Open("/api/sse/stream?" + url.Values{tokenParam: {tokenOf(t, user)}}.Encode())
	s.Wait(1, "connected")
	return s
}

// subscribe subscribes a user to one topic.
func subscribe(t *testing.T, n *nodetest.Node, user, topic string) {
	t.Helper()
	post(t, n, "/api/sse/subscribe", tokenOf(t, user), `{"topics":["`+topic+`"]}`)
}

// create creates an event of a title.
func create(t *testing.T, n *nodetest.Node, title string) {
	t.Helper()
	post(t, n, "/api/events", tokenOf(t, "author"), `{"title":"`+title+`","date":"2026-12-01"}`)
}

// untilStats waits until a node answers these statistics.
func untilStats(t *testing.T, n *nodetest.Node, want string) {
	t.Helper()
	admin := sign(t, testSecret, adminPayload)
	proctest.Eventually(t, "statistics at "+n.Name+" are "+want, func() error {
		a, err := requestTo(t, n, http.MethodGet, "/api/admin/stats", admin, "")
		if err != nil || a.Status != http.StatusOK || string(a.Body) != want {
			return fmt.Errorf("%v, %w", a, err)
		}
		return nil
	})
}
