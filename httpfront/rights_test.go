package httpfront_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// ask is what a client may want, of the room named mine.
type ask struct {
	name, raw string
	need      string // what the right to it is called in TestRights
}

// asks are all that a server has tokens for. The header goes into each.
func asks(header string) []ask {
	remove := func(target string) string { return "DELETE" + get(target, header)[len("GET"):] }
	return []ask{
		{"connect", get("/connect?room=mine", header), "subscribe"},
		{"events", get("/events?room=mine", header), "subscribe"},
		{"room", get("/rooms/mine", header), "subscribe"},
		{"history", get("/rooms/mine/history", header), "subscribe"},
		{"fetch", get("/rooms/mine/fetch/x", header), "subscribe"},
		{"head of fetch", "HEAD" + get("/rooms/mine/fetch/x", header)[len("GET"):], "subscribe"},
		{"broadcast", post("/broadcast?room=mine", header, "{}"), "publish"},
		{"post to fetch", post("/rooms/mine/fetch/x", header, "{}"), "publish"},
		{"delete by fetch", remove("/rooms/mine/fetch/x"), "publish"},
		{"subscribers", get("/rooms/mine/subscribers", header), "presence"},
		{"stream with presence", get("/connect?room=mine&presence=on", header), "presence"},
		{"disconnect", remove("/rooms/mine/subscribers/me"), "presence and publish"},
		{"new room", post("/rooms", header, "{}"), "publish to all"},
		{"rooms", get("/rooms", header), "all"},
		{"members", get("/members", header), "all"},
	}
}

// public are the requests for which nobody needs a token.
func public() map[string]string {
	return map[string]string{
		"root": get("/", ""), "console": get("/", "Accept: text/html\r\n"), "script": get("/console/console.js", ""),
		"health": get("/health", "Authorization: Basic whatever\r\n"), "ready": get("/ready?token=whatever", ""),
	}
}

// TestRights tries everything with every sort of token, and without one.
func TestRights(t *testing.T) {
	s := newSigner(t)
	lists := func(subscribe, publish string) claimSet {
		return claimSet{"subscribe": []string{subscribe}, "publish": []string{publish}}
	}
	watcher := lists("mine", "other")
	watcher["presence"] = true
	host := lists("m*", "mi*")
	host["presence"] = true
	ofKind := everything()
	ofKind["kinds"] = []string{otherKind}
	for name, tc := range map[string]struct {
		grants    claimSet // nil for no token
		anonymous httpfront.Anonymous
		may       []string
	}{
		"nothing granted":     {grants: claimSet{}},
		"another room":        {grants: lists("other", "min")},
		"another kind":        {grants: ofKind},
		"subscriber":          {grants: lists("mine", "other"), may: []string{"subscribe"}},
		"publisher":           {grants: lists("other", "mine"), may: []string{"publish"}},
		"watcher":             {grants: watcher, may: []string{"subscribe", "presence"}},
		"host":                {grants: host, may: []string{"subscribe", "publish", "presence", "presence and publish"}},
		"reader of all":       {grants: lists("*", "other"), may: []string{"subscribe", "all"}},
		"writer to all":       {grants: lists("other", "*"), may: []string{"publish", "publish to all"}},
		"operator":            {grants: everything(), may: []string{"subscribe", "publish", "presence", "presence and publish", "publish to all", "all"}},
		"nobody":              {anonymous: httpfront.AnonymousNone},
		"nobody, subscribing": {anonymous: httpfront.AnonymousSubscribe, may: []string{"subscribe"}},
		"anybody":             {anonymous: httpfront.AnonymousAll, may: []string{"subscribe", "publish", "presence", "presence and publish", "publish to all", "all"}},
		"a token that grants less than none at all": {grants: claimSet{}, anonymous: httpfront.AnonymousAll},
	} {
		t.Run(name, func(t *testing.T) {
			rooms := &fakeRooms{}
			_, addr := start(t, rooms, s.guard, func(c *httpfront.Config) { c.Anonymous = tc.anonymous })
			header, status, code := "", 401, "token_missing"
			if tc.grants != nil {
				header, status, code = bear(s.token(grants(tc.grants))), 403, "forbidden"
			}
			for _, a := range asks(header) {
				before := rooms.reached()
				r := roundTrip(t, addr, a.raw)
				if slices.Contains(tc.may, a.need) {
					if r.status/100 != 2 {
						t.Errorf("%s: %d %s", a.name, r.status, r.body)
					}
					continue
				}
				if r.status != status || len(r.body) > 0 && r.code(t) != code {
					t.Errorf("%s: %d %s, want %d", a.name, r.status, r.body, status)
				}
				if rooms.reached() != before {
					t.Errorf("%s: the rooms were reached", a.name)
				}
			}
			for name, raw := range public() {
				if r := roundTrip(t, addr, raw); r.status != 200 {
					t.Errorf("%s: %d %s", name, r.status, r.body)
				}
			}
		})
	}
}

// TestForbiddenTellsNothing compares what one without rights is told of a room
// that there is, of one that there is not, and of kinds.
func TestForbiddenTellsNothing(t *testing.T) {
	s := newSigner(t)
	rooms := &fakeRooms{}
	_, addr := start(t, rooms, s.guard)
	header := bear(s.token(grants(claimSet{"subscribe": []string{"mine"}})))
	var first []byte
	for _, room := range []string{
		"known", "unknown", idOf("room", "known"), idOf("room", "unknown"), persistence.NewObjectID("room"),
		"a?kind=" + otherKind, "a?kind=" + privateKind, "a?kind=chess",
	} {
		r := roundTrip(t, addr, get("/rooms/"+room, header))
		if first == nil {
			first = r.body
		}
		if r.status != 403 || !bytes.Equal(r.body, first) {
			t.Errorf("%s: %d %s", room, r.status, r.body)
		}
	}
	if n := rooms.reached(); n != 0 {
		t.Errorf("the rooms were reached %d times", n)
	}
}

// TestPrivateKinds asks for rooms of a kind that clients don't reach, which is as
// if there were none, and has a program reach them.
func TestPrivateKinds(t *testing.T) {
	s := newSigner(t)
	for name, tweak := range map[string]func(*httpfront.Config){
		"without tokens": func(*httpfront.Config) {},
		"with tokens":    s.guard,
		"anonymous":      func(c *httpfront.Config) { s.guard(c); c.Anonymous = httpfront.AnonymousSubscribe },
	} {
		t.Run(name, func(t *testing.T) {
			rooms := &fakeRooms{}
			secret := persistence.RoomKey{Kind: privateKind, Name: "a"}
			_, addr := start(t, rooms, tweak, withRoutes(
				httpfront.Route{Method: "GET", Pattern: "/own", Handler: httpfront.Fetch(func(*httpfront.Request) (actors.Call, error) {
					return actors.Call{Room: secret}, nil
				})},
				httpfront.Route{Method: "GET", Pattern: "/own-stream", Handler: httpfront.EventStream(func(*httpfront.Request) (actors.SubscribeRequest, error) {
					return actors.SubscribeRequest{Rooms: []persistence.RoomKey{secret}}, nil
				})}))
			header := ""
			if name == "with tokens" {
				header = bear(s.token(grants(everything())))
			}
			reads := []string{
				get("/connect?room=a&kind="+privateKind, header), get("/events?room=a&kind="+privateKind, header),
				get("/rooms/a?kind="+privateKind, header), get("/rooms/a/history?kind="+privateKind, header),
				get("/rooms/a/fetch?kind="+privateKind, header), get("/rooms/"+idOf(privateKind, "known")+"?kind="+privateKind, header),
			}
			if name != "anonymous" {
				reads = append(reads, get("/rooms/a/subscribers?kind="+privateKind, header),
					post("/broadcast?room=a&kind="+privateKind, header, "{}"), post("/rooms?kind="+privateKind, header, ""))
			}
			for _, raw := range reads {
				if r := roundTrip(t, addr, raw); r.status != 404 || r.code(t) != "unknown_kind" {
					t.Errorf("%.60q: %d %s", raw, r.status, r.body)
				}
			}
			if n := rooms.reached(); n != 0 {
				t.Errorf("the rooms were reached %d times", n)
			}
			for _, target := range []string{"/own", "/own-stream"} {
				if r := roundTrip(t, addr, get(target, header)); r.status != 200 {
					t.Errorf("%s: %d %s", target, r.status, r.body)
				}
			}
		})
	}
}

// TestSubscribersAnswer checks what is told of who listens.
func TestSubscribersAnswer(t *testing.T) {
	many := make([]actors.Subscriber, 1001)
	for i := range many {
		many[i] = actors.Subscriber{ID: "n:1", Client: "me", User: "ann \"x\"", Node: "n", Since: time.Unix(1, 0)}
	}
	n := 1
	rooms := &fakeRooms{subscribers: func(context.Context, persistence.RoomKey) ([]actors.Subscriber, int, error) {
		return many[:min(n, len(many))], n, nil
	}}
	_, addr := start(t, rooms)
	const want = `{"room":"a","kind":"counter","count":1,"subscribers":[{"id":"n:1","client":"me","user":"ann \"x\"","node":"n","since":"1970-01-01T00:00:01.000Z"}],"truncated":false}`
	if r := roundTrip(t, addr, get("/rooms/a/subscribers?kind=counter", "")); string(r.body) != want {
		t.Errorf("got %s\nwant %s", r.body, want)
	}
	for _, n = range []int{0, 1000, 1001, 20_000} {
		r := roundTrip(t, addr, get("/rooms/a/subscribers", ""))
		listed := bytes.Count(r.body, []byte(`"since"`))
		told := bytes.Contains(r.body, []byte(`"count":`+itoa(n)+`,`))
		truncated := bytes.HasSuffix(r.body, []byte(`],"truncated":true}`))
		if r.status != 200 || listed != min(n, 1000) || !told || truncated != (n > 1000) {
			t.Errorf("%d: %d, %d listed, told %v, truncated %v", n, r.status, listed, told, truncated)
		}
	}
	raw := "DELETE" + get("/rooms/a/subscribers/m%65?kind=counter", "")[len("GET"):]
	if r := roundTrip(t, addr, raw); string(r.body) != `{"success":true,"room":"a","kind":"counter","client":"me","disconnected":1}` {
		t.Errorf("disconnect: %d %s", r.status, r.body)
	}
}
