package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// pages answers GET /rooms with the page that the query's "after" names.
func pages(t *testing.T, pages map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Query().Get("after")]
		if !ok || r.URL.Path != "/rooms" {
			refusing(404, "not_found", "There is nothing at this path.", "")(w, r)
			return
		}
		fmt.Fprint(w, page)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestRooms(t *testing.T) {
	url := pages(t, map[string]string{
		"":  `{"rooms":[{"room":"a","kind":"room","id":"7-42","history":10,"connectionCount":3,"owner":"n1"},{"room":"b","kind":"room"}],"next":"b"}`,
		"b": `{"rooms":[{"room":"c\u001b","kind":"room"}],"next":""}`,
	})
	got := parlor(t, []string{"rooms", "--server", url})
	want := "ROOM     KIND  NEWEST  KEPT  STREAMS  OWNER\n" +
		"a        room  7-42    10    3        n1\n" +
		"b        room  -       0     0        -\n" +
		`c\u001b  room  -       0     0        -` + "\n"
	if got.code != cli.ExitOK || got.stdout != want {
		t.Errorf("got %+v, want\n%s", got, want)
	}
	got = parlor(t, []string{"rooms", "--server", url, "--json"})
	want = `{"room":"a","kind":"room","id":"7-42","history":10,"connectionCount":3,"owner":"n1"}` + "\n" +
		`{"room":"b","kind":"room"}` + "\n" + `{"room":"c\u001b","kind":"room"}` + "\n"
	if got.code != cli.ExitOK || got.stdout != want {
		t.Errorf("got %+v, want\n%s", got, want)
	}
}

func TestRoomsFails(t *testing.T) {
	for name, tc := range map[string]struct {
		pages map[string]string
		want  string
	}{
		"refused":         {nil, "There is nothing at this path (404 not_found)"},
		"not JSON":        {map[string]string{"": "<html>"}, "answer of GET /rooms"},
		"pages go around": {map[string]string{"": `{"next":"b"}`, "b": `{"next":"b"}`}, `goes on from "b"`},
	} {
		got := parlor(t, []string{"rooms", "--server", pages(t, tc.pages)})
		if got.code != cli.ExitFailure || got.stdout != "" || !strings.Contains(got.stderr, tc.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
