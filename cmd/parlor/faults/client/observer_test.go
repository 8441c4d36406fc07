package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
)

// member answers as a node that is at a ring, and owns every room.
func member(version int, members string, rings int) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/members" {
			fmt.Fprintf(w, `{"ringVersion":%d,"leader":"n1","rings":%d,"handover":{"done":true},"members":[%s]}`, version, rings, members)
			return
		}
		fmt.Fprintf(w, `{"room":%q,"owner":"n1","epoch":7,"seq":3}`, strings.TrimPrefix(r.URL.Path, "/rooms/"))
	}))
}

const (
	both    = `{"name":"n2","state":"full"},{"name":"n1","state":"full"}`
	joining = `{"name":"n2","state":"learner"},{"name":"n1","state":"full"}`
	missing = `{"name":"n1","state":"full"}`
)

func TestAgree(t *testing.T) {
	tests := []struct {
		name   string
		second *httptest.Server
		want   string // part of what is missing; empty if nothing is
	}{
		{"whole", member(4, both, 1), ""},
		{"older ring", member(3, both, 1), "ring 3, not 4"},
		{"learner", member(4, joining, 1), "n2 is learner"},
		{"one missing", member(4, missing, 1), "members [n1]"},
		{"not handed over", member(4, both, 2), "2 rings"},
		{"silent", httptest.NewServer(http.NotFoundHandler()), "does not answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first := member(4, both, 1)
			defer first.Close()
			defer test.second.Close()
			recorder, read := newRecorder(t)
			o := client.StartObserver(t.Context(), nil, nodesOf(first, test.second), recorder)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			err := o.Agree(ctx)
			o.Stop()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			rings := make(map[string]int)
			for _, r := range read().Rings {
				rings[r.Asked]++
			}
			if rings["n1"] != 1 {
				t.Errorf("the ring of n1 was noted %d times, though it never changed", rings["n1"])
			}
		})
	}
}

func TestOwner(t *testing.T) {
	server := member(1, missing, 1)
	defer server.Close()
	nodes := nodesOf(server)
	recorder, read := newRecorder(t)
	o := client.StartObserver(t.Context(), []string{"a"}, nodes, recorder)
	for range 3 {
		owner, err := o.Owner(t.Context(), nodes.List()[0], "a")
		if err != nil || owner.Owner != "n1" || owner.Epoch != 7 {
			t.Errorf("got %+v, %v", owner, err)
		}
	}
	o.Stop()
	h := read()
	if len(h.Owners) != 1 || h.Owners[0].Seq != 3 || h.Owners[0].Asked != "n1" {
		t.Errorf("noted %+v", h.Owners)
	}
}

func TestAloneAlwaysAgrees(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	recorder, read := newRecorder(t)
	o := client.StartObserver(t.Context(), nil, nodesOf(server), recorder)
	if err := o.Agree(t.Context()); err != nil {
		t.Error(err)
	}
	o.Stop()
	read()
}
