package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// topicList returns a body with so many topics.
func topicList(count int) string {
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf(`"t%d"`, i)
	}
	return `{"topics":[` + strings.Join(names, ",") + `]}`
}

// answers asks every route for what it is there for, and for what it is not.
func answers(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	ann, admin := tokenOf(t, "ann"), sign(t, testSecret, adminPayload)
	connect(t, n, "ann")
	const on, off = "/api/sse/subscribe", "/api/sse/unsubscribe"
	const add, tell, told, count = "/api/events", "/api/admin/announcement", "/api/admin/notification", "/api/admin/stats"
	for _, tc := range []struct {
		method, path, token, body string
		status                    int
		want                      string // a pattern for the whole body
	}{
		{"POST", on, ann, `{"topics":["events","posts"]}`, 200, `{"success":true,"msg":"Subscribed to topics","topics":\["events","posts"]}`},
		{"POST", on, ann, `{"topics":["events","events"]}`, 200, `{"success":true,"msg":"Subscribed to topics","topics":\["events","events"]}`},
		{"POST", off, ann, `{"topics":["events"]}`, 200, `{"success":true,"msg":"Unsubscribed from topics","topics":\["events"]}`},
		{"POST", off, ann, `{"topics":["never"]}`, 200, `{"success":true,"msg":"Unsubscribed from topics","topics":\["never"]}`},
		{"POST", off, tokenOf(t, "bob"), `{"topics":["events"]}`, 200, `{"success":true,.*}`},
		{"GET", count, admin, "", 200, `{"totalClients":1,"totalTopics":1,"topics":{"posts":1}}`},
		{"GET", "/api/health", "", "", 200, `{"status":"healthy","services":{"sse":{"totalClients":1,"totalTopics":1}}}`},
		{"POST", add, ann, `{"title":"Clean up","date":"2026-12-01"}`, 200, `{"success":true,"event":{"_id":"[0-9a-f]{24}","date":"2026-12-01","title":"Clean up"}}`},
		{"POST", add, ann, `{"title":"x","date":1796083200000}`, 200, `{"success":true,"event":{"_id":"[0-9a-f]{24}","date":1796083200000,"title":"x"}}`},
		{"POST", add, ann, `{"title":"x","where":{"street":"Main"}}`, 200, `{"success":true,"event":{"_id":"[0-9a-f]{24}","title":"x","where":{"street":"Main"}}}`},
		{"POST", tell, admin, `{"message":"hi"}`, 200, `{"success":true,"clients":1}`},
		{"POST", told, admin, `{"userId":"ann","text":"hi"}`, 200, `{"success":true,"clients":1}`},
		{"POST", told, admin, `{"userId":"bob","text":"hi","priority":"low"}`, 200, `{"success":true,"clients":0}`},

		{"POST", on, ann, `{"topics":[]}`, 400, `{"success":false,"msg":"Topics array is required"}`},
		{"POST", on, ann, `{}`, 400, `{"success":false,"msg":"Topics array is required"}`},
		{"POST", on, ann, `{"topics":null}`, 400, `{"success":false,"msg":"Topics array is required"}`},
		{"POST", on, ann, `{"topics":"events"}`, 400, `{"success":false,"msg":"Topics has to be an array of strings"}`},
		{"POST", on, ann, `{"topics":{"0":"events"}}`, 400, `{"success":false,"msg":"Topics has to be an array of strings"}`},
		{"POST", on, ann, `{"topics":[1]}`, 400, `{"success":false,"msg":"Topics has to be an array of strings"}`},
		{"POST", on, ann, `{"topics":["events",null]}`, 400, `{"success":false,"msg":"Topic 2 is not a name.*"}`},
		{"POST", on, ann, `{"topics":["a b"]}`, 400, `{"success":false,"msg":"Topic 1 is not a name.*"}`},
		{"POST", on, ann, `{"topics":["a/b"]}`, 400, `{"success":false,"msg":"Topic 1 is not a name.*"}`},
		{"POST", on, ann, `{"topics":["` + strings.Repeat("a", 65) + `"]}`, 400, `{"success":false,"msg":"Topic 1 is not a name.*"}`},
		{"POST", on, ann, topicList(101), 400, `{"success":false,"msg":"At most 100 topics at a time"}`},
		{"POST", on, ann, topicList(100), 400, `{"success":false,"msg":"A user has at most 100 topics"}`}, // with posts
		{"POST", on, ann, `{"topics":["a"]} {}`, 400, `{"success":false,.*}`},
		{"POST", on, ann, `["a"]`, 400, `{"success":false,.*}`},
		{"POST", on, ann, ``, 415, `{"success":false,"msg":"The Content-Type has to be application/json"}`},
		{"POST", off, ann, `{"topics":[]}`, 400, `{"success":false,"msg":"Topics array is required"}`},
		{"POST", add, ann, `{"title":" ","date":"x"}`, 400, `{"success":false,.*}`},
		{"POST", add, ann, `{"title":7}`, 400, `{"success":false,.*}`},
		{"POST", add, ann, `{"date":"x"}`, 400, `{"success":false,.*}`},
		{"POST", add, ann, `{"title":"x","date":["x"]}`, 400, `{"success":false,.*}`},
		{"POST", add, ann, `{"title":"x","date":"` + strings.Repeat("x", 1001) + `"}`, 400, `{"success":false,.*}`},
		{"POST", add, ann, `null`, 400, `{"success":false,.*}`},
		{"POST", tell, admin, `{"message":""}`, 400, `{"success":false,.*}`},
		{"POST", tell, admin, `{"message":"` + strings.Repeat("ü", 1001) + `"}`, 400, `{"success":false,.*}`},
		{"POST", told, admin, `{"text":"hi"}`, 400, `{"success":false,"msg":"userId has to name a user"}`},
		{"POST", told, admin, `{"userId":"ann","text":"hi","priority":"urgent"}`, 400, `{"success":false,"msg":"priority is low, normal or high"}`},
		{"POST", tell, ann, `{"message":"hi"}`, 403, `{"success":false,"msg":"Admins only"}`},
		{"POST", told, ann, `{"userId":"ann","text":"hi"}`, 403, `{"success":false,"msg":"Admins only"}`},
		{"GET", count, ann, "", 403, `{"success":false,"msg":"Admins only"}`},
		{"GET", count, admin, "", 200, `{"totalClients":1,"totalTopics":1,"topics":{"posts":1}}`}, // refusals change nothing
	} {
		a, err := requestTo(t, n, tc.method, tc.path, tc.token, tc.body)
		if err != nil || a.Status != tc.status || !regexp.MustCompile("^"+tc.want+"$").Match(a.Body) {
			t.Errorf("%s %s %s: %v, %v", tc.method, tc.path, tc.body, a, err)
		}
		if got := a.Header.Get("Content-Type"); got != typeJSON {
			t.Errorf("%s %s: %s", tc.method, tc.path, got)
		}
	}
}

// refusals asks without a token, or with one that will not do.
func refusals(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	good, forged := tokenOf(t, "ann"), sign(t, strings.Repeat("x", 32), adminPayload)
	for _, route := range []string{
		"GET /api/sse/stream", "POST /api/sse/subscribe", "POST /api/sse/unsubscribe", "POST /api/events",
		"POST /api/admin/announcement", "POST /api/admin/notification", "GET /api/admin/stats",
	} {
		method, path, _ := strings.Cut(route, " ")
		stream := method == http.MethodGet && path == "/api/sse/stream"
		for _, tc := range []struct{ query, token, want string }{
			{"", "", "No token, authorization denied"},
			{"", forged, "Token is not valid: the token is not signed by a key that is trusted here"},
			{"", sign(t, testSecret, `{"sub":"ann","exp":1}`), "Token is not valid: the token has expired"},
			{"", sign(t, testSecret, `{"role":"admin"}`), string(errNobody)},
			{"?token=" + good, "", string(errURLToken)},
			{"?token=" + forged, "", "Token is not valid: the token is not signed by a key that is trusted here"},
		} {
			if tc.query != "" && stream != (tc.want != string(errURLToken)) {
				continue // a token in the URL is for the stream
			}
			a, err := requestTo(t, n, method, path+tc.query, tc.token, "")
			if err != nil || a.Status != http.StatusUnauthorized || string(a.Body) != `{"success":false,"msg":"`+tc.want+`"}` {
				t.Errorf("%s: %v, %v", route, a, err)
			}
			if a.Header.Get("WWW-Authenticate") != "Bearer" || a.Header.Get("Content-Type") != typeJSON {
				t.Errorf("%s: %v", route, a.Header)
			}
		}
	}
	for _, tc := range []struct{ method, path, body, want string }{
		{"GET", "/api/sse/nothing", "", "404 not_found"},
		{"GET", "/api/sse/subscribe", "", "405 method_not_allowed"},
		{"POST", "/api/sse/subscribe", strings.Repeat(" ", 64<<10+1), "413 body_too_large"},
	} {
		a, err := requestTo(t, n, tc.method, tc.path, good, tc.body)
		if got := fmt.Sprint(a.Status, " ", a.Code()); err != nil || got != tc.want {
			t.Errorf("%s %s: %s, %v", tc.method, tc.path, got, err)
		}
	}
	two := "/api/sse/stream?token=" + good + "&token=" + tokenOf(t, "bob")
	if a, err := requestTo(t, n, http.MethodGet, two, "", ""); err != nil || a.Status != http.StatusBadRequest || string(a.Body) != `{"success":false,"msg":"`+string(errTwoTokens)+`"}` {
		t.Errorf("two tokens: %v, %v", a, err)
	}
	// The room behind it all is the program's own.
	for _, path := range []string{"/connect?kind=topics&room=sse", "/rooms/sse?kind=topics", "/rooms/sse/fetch/stats?kind=topics"} {
		if a, err := requestTo(t, n, http.MethodGet, path, "", ""); err != nil || a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %v, %v", path, a, err)
		}
	}
}
