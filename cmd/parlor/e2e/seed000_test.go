package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestStreamBegins wants a stream's head and first events byte for byte.
func TestStreamBegins(t *testing.T) {
	t.Parallel()
	s := start(t)
	const head = "HTTP/1.1 200 OK|Content-Type: TYPE|Cache-Control: no-cache, no-transform|" +
		"Connection: keep-alive|X-Accel-Buffering: no|Access-Control-Allow-Origin: *"
	for _, tc := range []struct{ target, contentType, begins string }{
		{"/connect?room=my-room", "text/event-stream", `^retry: (\d{4})\ndata: Connected to SSE stream\n\nid: \d{13,}-0\n\n$`},
		{"/connect", "text/event-stream", `^retry: (\d{4})\ndata: Connected to SSE stream\n\nid: \d{13,}-0\n\n$`},
		{"/events", "text/event-stream;charset=utf-8", `^retry: (\d{4})\n\n:Connected to SSE stream\n\nid: \d{13,}-0\n\n$`},
	} {
		st := s.open(tc.target)
		if got, want := strings.Join(st.head, "|"), strings.Replace(head, "TYPE", tc.contentType, 1); got != want {
			t.Errorf("%s: head %s\nwant %s", tc.target, got, want)
		}
		for st.next().ID == "" { // to the bookmark
			continue
		}
		begins := regexp.MustCompile(tc.begins).FindSubmatch(st.raw)
		if begins == nil {
			t.Fatalf("%s begins with %q", tc.target, st.raw)
		}
		if retry, _ := strconv.Atoi(string(begins[1])); retry < 1000 || retry > 5000 {
			t.Errorf("%s: retry %d", tc.target, retry)
		}
	}
}

// globalID is the object id that the worker's development server gives the room
// "global".
const globalID = "e3c8143f3ac0faae572caf73bd48521e452d4c0b058e355fdf2f60292e7668bb"

type updateData struct {
	Timestamp       string `json:"timestamp"`
	ConnectionCount int    `json:"connectionCount"`
	DurableObjectID string `json:"durableObjectId"`
}

// TestUpdates wants one every three seconds, with the right count, and none on
// /events, whose readers take every message for a broadcast.
func TestUpdates(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, second, plain := s.open("/connect"), s.open("/connect?room=global"), s.open("/events?room=global")
	other := s.open("/connect?room=other")
	opened := time.Now()
	form := regexp.MustCompile(`^\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","connectionCount":\d+,"durableObjectId":"[0-9a-f]{64}"\}$`)
	check := func(st *stream, connections int) time.Time {
		t.Helper()
		e := st.update()
		var u updateData
		if err := json.Unmarshal(e.Data, &u); err != nil || !form.Match(e.Data) || e.ID != "" {
			t.Fatalf("update %q %s, %v", e.ID, e.Data, err)
		}
		if u.ConnectionCount != connections {
			t.Errorf("connectionCount %d, want %d", u.ConnectionCount, connections)
		}
		at, err := time.Parse(time.RFC3339, u.Timestamp)
		if err != nil {
			t.Error(err)
		}
		if st != other && u.DurableObjectID != globalID {
			t.Errorf("object id %s", u.DurableObjectID)
		}
		return at
	}
	at := check(first, 3)
	check(second, 3)
	check(other, 1)
	second.close()
	again := check(first, 2)
	if pause := again.Sub(at); pause < 2900*time.Millisecond {
		t.Errorf("updates came %v apart", pause)
	}
	t.Logf("first update seen after %v, the second %v later", time.Since(opened)-again.Sub(at), again.Sub(at))
	r := s.publish("global", `{"n":1}`)
	if e := plain.message(); string(e.Data) != string(r.Data) || e.ID != r.ID || e.Name != "" {
		t.Errorf("/events sent %q %s %s", e.Name, e.ID, e.Data)
	}
}

// TestBroadcast wants the answer and the frame of the document's example, and
// the room "global" where none is named.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	s := start(t)
	answer := regexp.MustCompile(`^\{"success":true,"message":"Broadcast received successfully",` +
		`"data":(\{"message":"Hello World","data":"Additional info","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}),` +
		`"id":"(\d+-1)","room":"([a-z-]+)","durability":"fsync","replicas":"1/1","subscribers":1,"duplicate":false\}$`)
	for target, room := range map[string]string{"?room=my-room": "my-room", "": "global"} {
		st := s.open("/connect" + target)
		st.next()
		resp, err := s.client.Post(s.url("/broadcast"+target), "application/json",
			strings.NewReader(`{"message":"Hello World","data":"Additional info"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		m := answer.FindSubmatch(body)
		if err != nil || m == nil || string(m[3]) != room || resp.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%q: answer %d %s, %v", target, resp.StatusCode, body, err)
		}
		st.message()
		frame := "id: " + string(m[2]) + "\nevent: broadcast\ndata: " + string(m[1]) + "\n\n"
		if !strings.Contains(string(st.raw), "\n\n"+frame) {
			t.Errorf("%q: stream %q\nwants %q", target, st.raw, frame)
		}
	}
}

// TestReplay wants the last ten, or fewer where asked, to who comes without an
// id, in the framing of each route.
func TestReplay(t *testing.T) {
	t.Parallel()
	s := start(t)
	sent := s.publishN("a", 1, 13)
	for target, want := range map[string][]receipt{
		"/connect?room=a":          sent[3:],
		"/connect?room=a&replay=4": sent[9:],
		"/connect?room=a&replay=0": nil,
		"/events?room=a":           sent[3:],
	} {
		st := s.open(target)
		for _, r := range want {
			e := st.message()
			if strings.HasPrefix(target, "/events") && e.Name == "" {
				e.Name = "broadcast"
			}
			r.want(t, e)
		}
		if want == nil {
			if st.next(); st.next().ID != sent[12].ID {
				t.Errorf("%s: no bookmark at the newest message, %q", target, st.raw)
			}
		}
	}
	live := s.open("/connect?room=a&replay=0")
	live.next()
	s.publish("a", `{"n":14}`).want(t, live.message())
}

// TestCrossOrigin wants every answer to be open to every page, preflights
// included.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, tc := range []struct {
		method, path, body string
		status             int
	}{
		{"OPTIONS", "/broadcast", "", 204}, {"OPTIONS", "/connect", "", 204}, {"OPTIONS", "/", "", 204},
		{"POST", "/broadcast?room=a", `{}`, 200}, {"POST", "/broadcast?room=a", `nonsense`, 400},
		{"GET", "/", "", 200}, {"GET", "/nowhere", "", 404}, {"PUT", "/broadcast", "", 405},
	} {
		req, err := http.NewRequest(tc.method, s.url(tc.path), strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://page.example")
		req.Header.Set("Content-Type", "application/json")
		if tc.method == "OPTIONS" {
			req.Header.Set("Access-Control-Request-Method", "POST")
			req.Header.Set("Access-Control-Request-Headers", "content-type")
		}
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		h := resp.Header
		if resp.StatusCode != tc.status || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s: %d %v", tc.method, tc.path, resp.StatusCode, h)
		}
		if tc.method == "OPTIONS" && (!strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") ||
			!strings.Contains(strings.ToLower(h.Get("Access-Control-Allow-Headers")), "content-type")) {
			t.Errorf("%s %s allows %v", tc.method, tc.path, h)
		}
	}
}

// TestRoot wants the program's description.
func TestRoot(t *testing.T) {
	t.Parallel()
	s := start(t)
	var root struct {
		Name, Version, Timestamp string
		Endpoints                map[string]struct{ Method, Description, ContentType string }
	}
	s.get("/", &root)
	var routes []string
	for path, e := range root.Endpoints {
		if e.Description != "" {
			routes = append(routes, e.Method+" "+path+" "+e.ContentType)
		}
	}
	for _, want := range []string{"GET /connect text/event-stream", "POST /broadcast application/json"} {
		if !slices.Contains(routes, want) {
			t.Errorf("endpoints %q lack %s", routes, want)
		}
	}
	at, err := time.Parse(time.RFC3339, root.Timestamp)
	if err != nil || time.Since(at).Abs() > time.Minute || root.Name == "" || root.Version == "" {
		t.Errorf("%+v, %v", root, err)
	}
}
