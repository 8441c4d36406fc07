package nodetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Answer is what a node answers to a request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (a Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }

// Ask makes one request, of which key is the Idempotency-Key, and the body is
// JSON; both may be empty. It does not follow redirects, nor does it fail the
// test.
func (n *Node) Ask(method, path, key, body string) (Answer, error) {
	req, err := http.NewRequest(method, n.URL(path), strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	n.showToken(req)
	resp, err := n.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: text}, err
}

func (n *Node) showToken(req *http.Request) {
	if n.Token != "" {
		req.Header.Set("Authorization", "Bearer "+n.Token)
	}
}

// Get is GET, which has to be answered with 200 and JSON, that it decodes into v.
func (n *Node) Get(path string, v any) { n.t.Helper(); n.must(http.MethodGet, path, "", v) }

// Post is POST of JSON, or of nothing, otherwise as Get. V may be nil.
func (n *Node) Post(path, body string, v any) { n.t.Helper(); n.must(http.MethodPost, path, body, v) }

func (n *Node) must(method, path, body string, v any) {
	n.t.Helper()
	a, err := n.Ask(method, path, "", body)
	if err != nil || a.Status != http.StatusOK {
		n.t.Fatalf("%s %s: %v, %v", method, path, a, err)
	}
	if v != nil {
		a.JSON(n.t, v)
	}
}

// JSON decodes the answer into v.
func (a Answer) JSON(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("%v: %v", a, err)
	}
}

// Code returns the code of an answer that is an error, or "".
func (a Answer) Code() string {
	var e struct{ Error string }
	_ = json.Unmarshal(a.Body, &e) // what is no JSON has no code
	return e.Error
}
