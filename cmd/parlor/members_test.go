package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// members answers GET /prefix/members and returns the URL to say after --server.
func members(t *testing.T, answer string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prefix/members" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintln(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/prefix/"
}

func TestMembers(t *testing.T) {
	for _, tc := range []struct{ name, answer, want string }{
		{
			"a cluster in order",
			`{"ringVersion":3,"leader":"n1","cluster":"c-7","rings":1,"quorate":true,"handover":{"done":true,"pending":0,"moved":9},"members":[` +
				`{"name":"n1","address":"10.0.0.1:7948","http":"10.0.0.1:8080","roles":["front","room"],"state":"full","self":true,"leader":true,"voter":true,"life":18446744073709551615,"handover":true},` +
				`{"name":"n2","address":"10.0.0.2:7948","roles":["front"],"state":"full","voter":true,"handover":true}]}`,
			"ring 3 of cluster c-7, leader n1, members 2\n" +
				"NAME  ADDRESS        HTTP           ROLES       STATE  VOTE    LIFE                  HANDOVER  \n" +
				"n1    10.0.0.1:7948  10.0.0.1:8080  front,room  full   leader  18446744073709551615  done      asked\n" +
				"n2    10.0.0.2:7948  -              front       full   voter   -                     done      \n",
		},
		{
			"a minority that hands over",
			`{"ringVersion":5,"leader":"","rings":3,"quorate":false,"handover":{"done":false,"pending":12},"members":[` +
				`{"name":"n1","self":true,"handover":false},{"name":"n2","state":"dead","handover":false}]}`,
			"ring 5, leader -, members 2, older rings not handed over yet 2, no majority in contact\n" +
				"NAME  ADDRESS  HTTP  ROLES  STATE  VOTE  LIFE  HANDOVER    \n" +
				"n1    -        -     -      -      -     -     pending 12  asked\n" +
				"n2    -        -     -      dead   -     -     pending     \n",
		},
		{
			"a server that says less",
			`{"ringVersion":1,"leader":"n1","members":[{"name":"n\u001b1","roles":["front"],"state":"alive","self":true}]}`,
			"ring 1, leader n1, members 1\n" +
				"NAME      ADDRESS  HTTP  ROLES  STATE  VOTE  LIFE  HANDOVER  \n" +
				`n\u001b1  -        -     front  alive  -     -     -         asked` + "\n",
		},
		{
			"a server that says nothing", `{}`,
			"ring 0, leader -, members 0\n" +
				"NAME  ADDRESS  HTTP  ROLES  STATE  VOTE  LIFE  HANDOVER  \n",
		},
	} {
		got := parlor(t, []string{"members", "--server", members(t, tc.answer)})
		if got.code != cli.ExitOK || got.stdout != tc.want {
			t.Errorf("%s: got %d, %q\n%s\nwant\n%s", tc.name, got.code, got.stderr, got.stdout, tc.want)
		}
	}
	answer := `{"ringVersion":3,"members":[],"new":"\u001b"}`
	got := parlor(t, []string{"members", "--server", members(t, answer), "--json"})
	if got.code != cli.ExitOK || got.stdout != answer+"\n" {
		t.Errorf("got %+v", got)
	}
	got = parlor(t, []string{"members", "--server", members(t, `{"ringVersion":"three"}`)})
	if got.code != cli.ExitFailure || got.stdout != "" {
		t.Errorf("got %+v", got)
	}
}
