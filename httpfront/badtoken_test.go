package httpfront_test

import (
	"strings"
	"testing"
	"time"
)

// badToken is a request whose token is no good, and its answer.
type badToken struct {
	name, raw string
	status    int
	code      string
}

// forged are tokens that no room is asked about.
func forged(s *signer) []badToken {
	all := grants(everything())
	hs := `{"alg":"HS256","typ":"JWT"}`
	secret := []byte("thirty-two bytes of a test's secret, and some")
	with := func(key string, value any) claimSet {
		c := grants(everything())
		c[key] = value
		return c
	}
	good := s.token(all)
	none := s.forge(`{"alg":"none"}`, nil, all)
	parts := strings.Split(good, ".")
	var cases []badToken
	for _, tc := range []struct{ name, token, code string }{
		{"alg none", none, "token_algorithm"},
		{"alg none, no signature", none[:strings.LastIndexByte(none, '.')+1], "token_algorithm"},
		{"alg NoNe", s.forge(`{"alg":"NoNe"}`, nil, all), "token_algorithm"},
		{"HMAC by the public key", s.forge(`{"alg":"HS256","kid":"pub"}`, s.public, all), "token_algorithm"},
		{"HMAC by the public key, unnamed", s.forge(hs, s.public, all), "token_signature"},
		{"a secret of another's", s.forge(hs, []byte("some other secret of thirty-two bytes"), all), "token_signature"},
		{"kid of a path", s.forge(`{"alg":"HS256","kid":"../../../../dev/null"}`, nil, all), "token_key_unknown"},
		{"kid of a query", s.forge(`{"alg":"HS256","kid":"' OR 1=1 --"}`, secret, all), "token_key_unknown"},
		{"expired", s.token(with("exp", time.Now().Add(-time.Hour).Unix())), "token_expired"},
		{"not yet", s.token(with("nbf", time.Now().Add(time.Hour).Unix())), "token_not_yet_valid"},
		{"for ever", s.token(with("exp", nil)), "token_no_expiry"},
		{"exp of text", s.token(with("exp", "tomorrow")), "token_claims"},
		{"another issuer", s.token(with("iss", "somebody")), "token_issuer"},
		{"another audience", s.token(with("aud", "others")), "token_audience"},
		{"no issuer", s.token(with("iss", nil)), "token_issuer"},
		{"one dot", parts[0] + "." + parts[1], "token_malformed"},
		{"three dots", good + ".x", "token_malformed"},
		{"dots", "...", "token_malformed"},
		{"two dots", "..", "token_malformed"},
		{"no dots", "abc", "token_malformed"},
		{"another payload", parts[0] + "." + strings.Split(s.token(nil), ".")[1] + "." + parts[2], "token_signature"},
		{"no signature", parts[0] + "." + parts[1] + ".", "token_signature"},
		{"sub of a line end", s.token(with("sub", "ann\r\nParlor-User: bob")), "token_claims"},
	} {
		cases = append(cases,
			badToken{tc.name, get("/rooms/a", bear(tc.token)), 401, tc.code},
			badToken{tc.name + ", x-auth-token", post("/broadcast", "X-Auth-Token: "+tc.token+"\r\n", "{}"), 401, tc.code},
			badToken{tc.name + ", query", get("/connect?token="+tc.token, ""), 401, tc.code})
	}
	return cases
}

// misplaced are good tokens that are brought in ways that don't do.
func misplaced(s *signer) []badToken {
	good, other := s.token(grants(everything())), s.token(claimSet{"sub": "bob"})
	a := "Authorization: "
	cases := []badToken{
		{"none", get("/rooms/a", ""), 401, "token_missing"},
		{"none, stream", get("/connect", ""), 401, "token_missing"},
		{"none, publish", post("/broadcast", "", "{}"), 401, "token_missing"},
		{"two tokens", get("/rooms/a", bear(good)+bear(other)), 400, "token_conflict"},
		{"two x-auth-tokens", get("/rooms/a", "X-Auth-Token: "+good+"\r\nX-Auth-Token: "+other+"\r\n"), 400, "token_conflict"},
		{"a token and none", get("/rooms/a", bear(good)+a+"Bearer\r\n"), 401, "token_malformed"},
		{"list", get("/rooms/a", a+"Bearer "+good+", Bearer "+good+"\r\n"), 401, "token_malformed"},
		{"basic", get("/rooms/a", a+"Basic YW5uOmFubg==\r\n"), 401, "token_malformed"},
		{"basic beside two tokens", get("/connect?token="+other, a+"Basic YW5uOmFubg==\r\nX-Auth-Token: "+good+"\r\n"), 400, "token_conflict"},
		{"no scheme beside a good one", get("/rooms/a", a+other+"\r\nX-Auth-Token: "+good+"\r\n"), 401, "token_malformed"},
		{"tab beside a good one", get("/rooms/a", a+"Bearer\t"+other+" x\r\nX-Auth-Token: "+good+"\r\n"), 401, "token_malformed"},
		{"no scheme", get("/rooms/a", a+good+"\r\n"), 401, "token_malformed"},
		{"empty", get("/rooms/a", a+"\r\n"), 401, "token_malformed"},
		{"scheme alone", get("/rooms/a", a+"Bearer\r\n"), 401, "token_malformed"},
		{"tab", get("/rooms/a", a+"Bearer\t"+good+"\r\n"), 401, "token_malformed"},
		{"space and tab", get("/rooms/a", a+"Bearer \t"+good+"\r\n"), 401, "token_malformed"},
		{"quoted", get("/rooms/a", a+"Bearer \""+good+"\"\r\n"), 401, "token_malformed"},
		{"more behind it", get("/rooms/a", a+"Bearer "+good+" x\r\n"), 401, "token_malformed"},
		{"x-auth-token empty", get("/rooms/a", "X-Auth-Token:\r\n"), 401, "token_malformed"},
		{"two ways, two tokens", get("/rooms/a", bear(good)+"X-Auth-Token: "+other+"\r\n"), 400, "token_conflict"},
		{"header and query, two tokens", get("/connect?token="+other, bear(good)), 400, "token_conflict"},
		{"query, two tokens", get("/connect?token="+good+"&token="+other, ""), 400, "token_conflict"},
		{"token and ticket", get("/connect?token="+good+"&ticket=x", ""), 400, "token_conflict"},
		{"ticket without tickets", get("/connect?ticket=x", ""), 401, "ticket_invalid"},
		{"empty in the query", get("/connect?token=", ""), 401, "token_malformed"},
		{"empty ticket", get("/connect?ticket=", ""), 401, "token_malformed"},
		{"line end in the query", get("/connect?token=a%0d%0ab", ""), 401, "token_malformed"},
	}
	for _, target := range []string{"/rooms/a", "/rooms", "/members", "/rooms/a/history", "/rooms/a/subscribers", "/rooms/a/fetch/x"} {
		cases = append(cases,
			badToken{"query of " + target, get(target+"?token="+good, ""), 401, "token_in_query"},
			badToken{"ticket of " + target, get(target+"?ticket=x", bear(good)), 401, "token_in_query"})
	}
	return append(cases,
		badToken{"query of a publish", post("/broadcast?token="+good, "", "{}"), 401, "token_in_query"},
		badToken{"query of a publish, and a header", post("/broadcast?%74oken="+good, bear(good), "{}"), 401, "token_in_query"},
		badToken{"query of a new room", post("/rooms?token="+good, "", "{}"), 401, "token_in_query"})
}

// TestBadTokens brings tokens that are no good. Nobody learns anything by that,
// and no room is asked.
func TestBadTokens(t *testing.T) {
	s := newSigner(t)
	rooms := &fakeRooms{}
	_, addr := start(t, rooms, s.guard)
	for _, tc := range append(forged(s), misplaced(s)...) {
		t.Run(tc.name, func(t *testing.T) {
			r := roundTrip(t, addr, tc.raw)
			if code := r.code(t); r.status != tc.status || code != tc.code {
				t.Errorf("got %d %q, want %d %q: %s", r.status, code, tc.status, tc.code, r.body)
			}
			challenge := r.header.Get("WWW-Authenticate")
			switch {
			case tc.status != 401:
				if challenge != "" {
					t.Errorf("a challenge: %s", challenge)
				}
			case tc.code == "token_missing":
				if challenge != `Bearer realm="parlor"` {
					t.Errorf("challenge %s", challenge)
				}
			case !strings.HasPrefix(challenge, `Bearer realm="parlor", error="invalid_token", error_description="`) || !strings.HasSuffix(challenge, `."`):
				t.Errorf("challenge %s", challenge)
			}
			if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("headers %v", r.header)
			}
			if r.closed {
				t.Error("the connection was closed")
			}
		})
	}
	if n := rooms.reached(); n != 0 {
		t.Errorf("the rooms were reached %d times", n)
	}
}

// TestGoodTokens brings good tokens in every way that does.
func TestGoodTokens(t *testing.T) {
	s := newSigner(t)
	good := s.token(grants(everything()))
	_, addr := start(t, &fakeRooms{}, s.guard)
	const basic = "Authorization: Basic YW5uOmFubg==\r\n"
	for name, raw := range map[string]string{
		"bearer":                  get("/rooms/a", bear(good)),
		"lower case":              get("/rooms/a", "authorization: bearer "+good+"\r\n"),
		"upper case, many spaces": get("/rooms/a", "AUTHORIZATION: BEARER   "+good+"\r\n"),
		"x-auth-token":            get("/rooms/a", "x-auth-token: "+good+"\r\n"),
		"both, the same":          get("/rooms/a", bear(good)+"X-Auth-Token: "+good+"\r\n"),
		"stream":                  get("/connect?room=a", bear(good)),
		"query of a stream":       get("/connect?token="+good, ""),
		"query of /events":        get("/events?token="+good, ""),
		"three times the same":    get("/connect?token="+good+"&token="+good, bear(good)),
		"publish":                 post("/broadcast?room=a", bear(good), "{}"),
		"bearer twice":            get("/rooms/a", bear(good)+bear(good)),
		"x-auth-token twice":      get("/rooms/a", "X-Auth-Token: "+good+"\r\nX-Auth-Token: "+good+"\r\n"),
		"x-auth-token and basic":  get("/rooms/a", basic+"X-Auth-Token: "+good+"\r\n"),
		"bearer and basic":        get("/rooms/a", basic+bear(good)),
		"query and basic":         get("/connect?token="+good, basic),
	} {
		if r := roundTrip(t, addr, raw); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}
