package httpfront_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// TestStreamIsItsUsers checks what of a token becomes the stream's.
func TestStreamIsItsUsers(t *testing.T) {
	s := newSigner(t)
	end := time.Unix(time.Now().Add(time.Minute).Unix(), 0)
	with := func(sub any) string {
		c := grants(everything())
		c["sub"], c["exp"] = sub, end.Unix()
		return s.token(c)
	}
	for _, tc := range []struct {
		name, token, target string
		onePerUser          bool
		want                actors.SubscribeRequest
	}{
		{"user", with("ann"), "/connect?", false, actors.SubscribeRequest{User: "ann", Expires: end}},
		{"one a user", with("Ann Ü, \"x\""), "/events?", true, actors.SubscribeRequest{User: "Ann Ü, \"x\"", Expires: end, Only: true}},
		{"no user", with(nil), "/connect?", true, actors.SubscribeRequest{Expires: end}},
		{"presence", with("ann"), "/connect?presence=on", false, actors.SubscribeRequest{User: "ann", Expires: end, Presence: true}},
		{"no presence", with("ann"), "/connect?presence=off&user=bob", false, actors.SubscribeRequest{User: "ann", Expires: end}},
		{"nobody", "", "/connect?presence=on&user=bob", true, actors.SubscribeRequest{Presence: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rooms := &fakeRooms{}
			_, addr := start(t, rooms, s.guard, func(c *httpfront.Config) {
				c.Anonymous, c.OnePerUser = httpfront.AnonymousAll, tc.onePerUser
			})
			target := tc.target
			if tc.token != "" {
				target += "&token=" + tc.token
			}
			if r := roundTrip(t, addr, get(target, "")); r.status != 200 {
				t.Fatalf("%d %s", r.status, r.body)
			}
			got := rooms.lastSubscription(t)
			if got.User != tc.want.User || got.Only != tc.want.Only || got.Presence != tc.want.Presence || !got.Expires.Equal(tc.want.Expires) {
				t.Errorf("got %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

// TestNoLeewayForStreams brings a token that is over by less than clocks may
// differ.
func TestNoLeewayForStreams(t *testing.T) {
	s := newSigner(t)
	c := grants(everything())
	c["exp"] = time.Now().Add(-2 * time.Second).Unix()
	_, addr := start(t, &fakeRooms{}, s.guard)
	token := s.token(c)
	if r := roundTrip(t, addr, post("/broadcast", bear(token), "{}")); r.status != 200 {
		t.Errorf("publish: %d %s", r.status, r.body)
	}
	r := roundTrip(t, addr, get("/connect", bear(token)))
	if r.status != 401 || r.code(t) != "token_expired" || !strings.Contains(r.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("stream: %d %s", r.status, r.body)
	}
}

func TestPublishToUser(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	for param, want := range map[string]actors.Publication{
		"user=ann":                     {User: "ann"},
		"user=Ann+%C3%9C%2C%20%22x%22": {User: "Ann Ü, \"x\""},
		"client=me":                    {Client: "me"},
		"user=me%0a":                   {User: "me\n"}, // no token ever has it, so that nobody gets it
	} {
		if r := roundTrip(t, addr, post("/broadcast?"+param, "", "{}")); r.status != 200 {
			t.Errorf("%s: %d %s", param, r.status, r.body)
			continue
		}
		if got := rooms.lastPublication(t); got.User != want.User || got.Client != want.Client {
			t.Errorf("%s: user %q, client %q", param, got.User, got.Client)
		}
	}
}

// TestBehavioursSeeNoCredential checks which headers reach a room's code.
func TestBehavioursSeeNoCredential(t *testing.T) {
	s := newSigner(t)
	token := s.token(grants(everything()))
	const lie = "parlor-user: root\r\nParlor-User: root\r\nCookie: a=b\r\nX-Custom: c\r\n"
	for name, tc := range map[string]struct {
		guarded bool
		header  string
		want    http.Header
	}{
		"token":            {true, bear(token) + "x-auth-token: " + token + "\r\n", http.Header{"Parlor-User": {"ann"}}},
		"no token":         {true, "", nil},
		"without tokens":   {false, "Authorization: Basic abc\r\nX-Auth-Token: def\r\n", http.Header{"Authorization": {"Basic abc"}, "X-Auth-Token": {"def"}}},
		"named Connection": {true, bear(token) + "Connection: Parlor-User, x\r\n", http.Header{"Parlor-User": {"ann"}}},
	} {
		t.Run(name, func(t *testing.T) {
			rooms := &fakeRooms{}
			seen := make(chan http.Header, 1)
			_, addr := start(t, rooms, func(c *httpfront.Config) {
				if c.Anonymous = httpfront.AnonymousAll; tc.guarded {
					s.guard(c)
				}
			}, withRoutes(
				httpfront.Route{Method: "GET", Pattern: "/own", Handler: httpfront.Fetch(func(*httpfront.Request) (actors.Call, error) {
					return actors.Call{Room: keys("a")[0]}, nil
				})},
				httpfront.Route{Method: "GET", Pattern: "/http", Handler: httpfront.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					seen <- r.Header
				}))}))
			for _, target := range []string{"/rooms/a/fetch/x", "/own", "/http"} {
				if r := roundTrip(t, addr, get(target, tc.header+lie)); r.status != 200 {
					t.Fatalf("%s: %d %s", target, r.status, r.body)
				}
				var got http.Header
				if target == "/http" {
					got = <-seen
				} else {
					got = rooms.lastCall(t).Header
				}
				if got.Get("Cookie") != "a=b" || got.Get("X-Custom") != "c" {
					t.Errorf("%s: too little is left: %v", target, got)
				}
				for _, name := range []string{"Authorization", "X-Auth-Token", "Parlor-User"} {
					if strings.Join(got[name], ",") != strings.Join(tc.want[name], ",") {
						t.Errorf("%s: %s: %q, want %q", target, name, got[name], tc.want[name])
					}
				}
			}
		})
	}
}

// claimsOf is a route that answers with what a program is told of a request.
func claimsOf(needs httpfront.Right, told chan<- *auth.Claims) httpfront.Route {
	return httpfront.Route{Method: "GET", Pattern: "/own", Needs: needs, Handler: httpfront.EventStream(func(r *httpfront.Request) (actors.SubscribeRequest, error) {
		told <- r.Claims()
		if r.Header("Authorization")+r.Header("x-auth-token") != "" || r.Query().Has("token") {
			return actors.SubscribeRequest{}, io.ErrUnexpectedEOF
		}
		if c := r.Claims(); c != nil && r.Header("parlor-user") != c.Subject {
			return actors.SubscribeRequest{}, io.ErrUnexpectedEOF
		}
		return actors.SubscribeRequest{Rooms: keys("a")}, nil
	})}
}

// TestRoutesNeed tries routes of a program's with and without tokens.
func TestRoutesNeed(t *testing.T) {
	s := newSigner(t)
	some, all := s.token(grants(claimSet{})), s.token(grants(everything()))
	for _, tc := range []struct {
		name      string
		needs     httpfront.Right
		anonymous httpfront.Anonymous
		token     string
		status    int
	}{
		{"open", httpfront.Open, httpfront.AnonymousNone, "", 200},
		{"open, token", httpfront.Open, httpfront.AnonymousNone, some, 200},
		{"open, bad token", httpfront.Open, httpfront.AnonymousAll, "x.y.z", 401},
		{"authenticated", httpfront.Authenticated, httpfront.AnonymousSubscribe, "", 401},
		{"authenticated, token", httpfront.Authenticated, httpfront.AnonymousNone, some, 200},
		{"authenticated, anybody", httpfront.Authenticated, httpfront.AnonymousAll, "", 200},
		{"everything", httpfront.Everything, httpfront.AnonymousSubscribe, "", 401},
		{"everything, token", httpfront.Everything, httpfront.AnonymousNone, some, 403},
		{"everything, operator", httpfront.Everything, httpfront.AnonymousNone, all, 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			told := make(chan *auth.Claims, 1)
			rooms := &fakeRooms{}
			_, addr := start(t, rooms, s.guard, withRoutes(claimsOf(tc.needs, told)), func(c *httpfront.Config) { c.Anonymous = tc.anonymous })
			target := "/own"
			if tc.token != "" {
				target += "?token=" + tc.token
			}
			r := roundTrip(t, addr, get(target, ""))
			if r.status != tc.status {
				t.Fatalf("%d %s, want %d", r.status, r.body, tc.status)
			}
			if tc.status != 200 {
				if len(told) > 0 {
					t.Error("the program was asked")
				}
				return
			}
			if c := <-told; (c != nil) != (tc.token != "") || c != nil && c.Subject != "ann" {
				t.Errorf("claims %+v", c)
			}
			if got := rooms.lastSubscription(t); tc.token != "" && (got.User != "ann" || got.Expires.IsZero()) {
				t.Errorf("the stream is %q's, until %v", got.User, got.Expires)
			}
		})
	}
	cfg := httpfront.Default()
	cfg.Routes = []httpfront.Route{{Method: "GET", Pattern: "/own", Handler: saying("x"), Needs: httpfront.Everything + 1}}
	if _, err := httpfront.New(cfg, &fakeRooms{}); err == nil {
		t.Error("a right that there is not was taken")
	}
}

// TestErrorsOfTokensAreAnswered has a program refuse as Verify does.
func TestErrorsOfTokensAreAnswered(t *testing.T) {
	_, addr := start(t, &fakeRooms{}, withRoutes(httpfront.Route{
		Method: "GET", Pattern: "/own", Handler: httpfront.Fetch(func(*httpfront.Request) (actors.Call, error) {
			return actors.Call{}, &auth.Error{Reason: "own_reason", Message: "it is \"odd\"\r\nX: é"}
		}),
	}))
	r := roundTrip(t, addr, get("/own", ""))
	if r.status != 401 || r.code(t) != "own_reason" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if got := r.header.Get("WWW-Authenticate"); got != `Bearer realm="parlor", error="invalid_token", error_description="It is oddX: ."` {
		t.Errorf("challenge %s", got)
	}
}

// TestStreamPasses has a room fail while a good token asks for a stream: the
// client is told to come back, and nothing of its token.
func TestStreamPasses(t *testing.T) {
	s := newSigner(t)
	rooms := &fakeRooms{subscribe: func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error) {
		return nil, actors.ErrUnavailable
	}}
	_, addr := start(t, rooms, s.guard)
	r := roundTrip(t, addr, get("/connect?token="+s.token(grants(everything())), ""))
	if r.status != 200 || !strings.HasPrefix(string(r.body), "retry: ") {
		t.Errorf("%d %s", r.status, r.body)
	}
}
