package auth_test

import (
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

func TestGrants(t *testing.T) {
	v := verifier(t, auth.Config{Keys: []auth.Key{secretKey(t, "")}})
	id := strings.Repeat("0123456789abcdef", 4)
	long := strings.Repeat("a", 128)
	for _, tc := range []struct {
		grants     string
		kind, room string
		may        string // the letters of subscribe, publish, see subscribers and all
	}{
		{`{}`, "room", "a", ""},
		{`null`, "room", "a", ""},
		{`{"subscribe":null,"kinds":null}`, "room", "a", ""},
		{`{"presence":true}`, "room", "a", ""},
		{`{"subscribe":["a"]}`, "room", "a", "s"},
		{`{"subscribe":["a"]}`, "room", "A", ""},
		{`{"subscribe":["a"]}`, "room", "ab", ""},
		{`{"subscribe":["a"]}`, "room", "", ""},
		{`{"publish":["a"]}`, "room", "a", "p"},
		{`{"publish":["*"],"presence":true}`, "room", "a", "p"},
		{`{"subscribe":["a"],"presence":true}`, "room", "a", "sv"},
		{`{"subscribe":["a"],"presence":true}`, "room", "b", ""},
		{`{"subscribe":["b","a"],"publish":["a"],"presence":true}`, "room", "a", "spv"},
		{`{"subscribe":["news-*"]}`, "room", "news-", "s"},
		{`{"subscribe":["news-*"]}`, "room", "news-1", "s"},
		{`{"subscribe":["news-*"]}`, "room", "news", ""},
		{`{"subscribe":["news-*"]}`, "room", "my-news-1", ""},
		{`{"subscribe":["a.c"]}`, "room", "abc", ""},
		{`{"subscribe":["` + long + `*"]}`, "room", long, "s"},
		{`{"subscribe":["` + id + `"]}`, "room", id, "s"},
		{`{"subscribe":["*"]}`, "room", id, "sa"},
		{`{"subscribe":["0*"],"publish":["` + id[:63] + `*"],"presence":true}`, "room", id, ""},
		{`{"subscribe":["0*"]}`, "room", id[:63], "s"},
		{`{"subscribe":["0*"]}`, "room", id + "0", "s"},
		{`{"subscribe":["a"]}`, "counter", "a", ""},
		{`{"subscribe":["*"]}`, "room", "anything", "sa"},
		{`{"subscribe":["*"]}`, "counter", "anything", "a"},
		{`{"subscribe":["*"],"kinds":["counter"]}`, "counter", "a", "s"},
		{`{"subscribe":["*"],"kinds":["counter"]}`, "room", "a", ""},
		{`{"subscribe":["*"],"kinds":["counter"]}`, "", "a", ""},
		{`{"subscribe":["*"],"kinds":["counter","room"]}`, "room", "a", "sa"},
		{`{"subscribe":["*"],"publish":["*"],"kinds":["*"],"presence":true}`, "counter", "a", "spva"},
		{`{"subscribe":["a"],"kinds":["*"]}`, "room", "a", "s"},
	} {
		c, err := v.Verify(ours(`{"alg":"HS256"}`, `{"exp":1900003600,"parlor":`+tc.grants+`}`), at)
		if err != nil {
			t.Errorf("%s: %v", tc.grants, err)
			continue
		}
		for letter, granted := range map[string]bool{
			"s": c.MaySubscribe(tc.kind, tc.room), "p": c.MayPublish(tc.kind, tc.room),
			"v": c.MaySeeSubscribers(tc.kind, tc.room), "a": c.All(),
		} {
			if granted != strings.Contains(tc.may, letter) {
				t.Errorf("%s, room %q of kind %q: %q is %v", tc.grants, tc.room, tc.kind, letter, granted)
			}
		}
	}
}

// TestNoGrants wants a token of somebody else's making, without the claim, to
// name its user and grant nothing.
func TestNoGrants(t *testing.T) {
	v := verifier(t, auth.Config{Keys: []auth.Key{secretKey(t, "")}})
	c, err := v.Verify(ours(`{"alg":"HS256"}`, `{"exp":1900003600,"sub":"`+strings.Repeat("x", 255)+`"}`), at)
	if err != nil || len(c.Subject) != 255 {
		t.Fatal(c, err)
	}
	if c.All() || c.MaySubscribe("room", "a") || c.MayPublish("room", "a") || c.MaySeeSubscribers("room", "a") {
		t.Errorf("%+v grants something", c)
	}
}

// TestMostGrants takes lists that are as long as they may be.
func TestMostGrants(t *testing.T) {
	v := verifier(t, auth.Config{Keys: []auth.Key{secretKey(t, "")}})
	many := `["b"` + strings.Repeat(`,"a"`, 99) + `]`
	c, err := v.Verify(ours(`{"alg":"HS256"}`, `{"exp":1900003600,"parlor":{"subscribe":`+many+`,"publish":`+many+`}}`), at)
	if err != nil || !c.MaySubscribe("room", "a") || !c.MayPublish("room", "b") {
		t.Errorf("%+v, %v", c, err)
	}
}
