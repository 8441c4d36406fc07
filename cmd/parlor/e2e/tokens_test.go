package e2e_test

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// answer is what came back to bytes that a client sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// code returns what the answer says is wrong.
func (a answer) code() string {
	var r refusal
	_ = json.Unmarshal(a.body, &r) // what is no JSON has no code
	return r.Code
}

// ask sends a request on a connection of its own and reads the answer, which must
// not be a stream.
func (s *server) ask(raw string) answer {
	s.t.Helper()
	conn, err := s.dial()()
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(proctest.Patience))
	if _, err := io.WriteString(conn, raw); err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatalf("no answer to %.80q: %v", raw, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("answer to %.80q: %v", raw, err)
	}
	return answer{resp.StatusCode, resp.Header, body}
}

// posting returns the bytes of a publish.
func posting(target, body string, headers ...string) string {
	lines := append([]string{"POST " + target + " HTTP/1.1", "Host: parlor.test", "Content-Type: application/json",
		fmt.Sprintf("Content-Length: %d", len(body))}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// badToken is a request that its token is not good enough for.
type badToken struct {
	name, raw string
	status    int
	code      string
}

// badTokens returns what is tried on a server that trusts the issuer, as iss with
// aud.
func (is *issuer) badTokens(iss, aud string) []badToken {
	is.t.Helper()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		is.t.Fatal(err)
	}
	with := func(key string, value any) []byte {
		return is.body(allRights(), claims{"iss": iss, "aud": aud, key: value})
	}
	plain, hs := with("jti", "none"), `{"alg":"HS256"}`
	secret := hs256(is.secret)
	good := is.forge(hs, secret, plain)
	parts := strings.Split(good, ".")
	listener := is.grant(rights{"subscribe": []string{"a"}}, claims{"iss": iss, "aud": aud})

	var all []badToken
	for _, tc := range []struct{ name, token, code string }{
		{"none", is.forge(`{"alg":"none"}`, unsigned, plain), "token_algorithm"},
		{"nOnE", is.forge(`{"alg":"nOnE"}`, unsigned, plain), "token_algorithm"},
		{"HMAC by the public key", is.forge(`{"alg":"HS256","kid":"rsa"}`, hs256(is.public), plain), "token_algorithm"},
		{"HMAC by the public key, unnamed", is.forge(hs, hs256(is.public), plain), "token_signature"},
		{"another's key", is.forge(`{"alg":"RS256","kid":"rsa"}`, is.rs256(other), plain), "token_signature"},
		{"another's secret", is.forge(hs, hs256([]byte("thirty-two bytes of somebody else")), plain), "token_signature"},
		{"wrong kid", is.forge(`{"alg":"HS256","kid":"old"}`, secret, plain), "token_key_unknown"},
		{"kid of a path", is.forge(`{"alg":"HS256","kid":"../../../../../../dev/null"}`, hs256(nil), plain), "token_key_unknown"},
		{"jku", is.forge(`{"alg":"RS256","jku":"http://127.0.0.1:1/keys"}`, is.rs256(other), plain), "token_key_unknown"},
		{"expired", is.forge(hs, secret, with("exp", time.Now().Add(-time.Hour).Unix())), "token_expired"},
		{"not yet", is.forge(hs, secret, with("nbf", time.Now().Add(time.Hour).Unix())), "token_not_yet_valid"},
		{"for ever", is.forge(hs, secret, with("exp", nil)), "token_no_expiry"},
		{"exp of text", is.forge(hs, secret, with("exp", fmt.Sprint(time.Now().Add(time.Hour).Unix()))), "token_claims"},
		{"another issuer", is.forge(hs, secret, with("iss", "somebody")), "token_issuer"},
		{"another audience", is.forge(hs, secret, with("aud", "others")), "token_audience"},
		{"one dot", parts[0] + "." + parts[1], "token_malformed"},
		{"three dots", good + "." + parts[2], "token_malformed"},
		{"dots", "...", "token_malformed"},
		{"cut short", good[:len(good)-3], "token_signature"},
		{"no signature", parts[0] + "." + parts[1] + ".", "token_signature"},
		{"another payload", parts[0] + "." + encode(with("sub", "root")) + "." + parts[2], "token_signature"},
	} {
		all = append(all,
			badToken{tc.name, request("/rooms/a", bearing(tc.token)), 401, tc.code},
			badToken{tc.name + ", stream", request("/connect?room=a&token=" + tc.token), 401, tc.code},
			badToken{tc.name + ", publish", posting("/broadcast?room=a", "{}", "X-Auth-Token: "+tc.token), 401, tc.code})
	}
	return append(all,
		badToken{"no token", request("/connect?room=a"), 401, "token_missing"},
		badToken{"a listener publishes", posting("/broadcast?room=a", "{}", bearing(listener)), 403, "forbidden"},
		badToken{"a listener is elsewhere", request("/connect?room=b", bearing(listener)), 403, "forbidden"},
		badToken{"a listener asks for all rooms", request("/rooms", bearing(listener)), 403, "forbidden"},
		badToken{"in the query of a publish", posting("/broadcast?room=a&token="+good, "{}"), 401, "token_in_query"},
		badToken{"two tokens", request("/connect?room=a&token="+listener, bearing(good)), 400, "token_conflict"},
		badToken{"two tokens in one way", request("/rooms/a", bearing(good), bearing(listener)), 400, "token_conflict"},
		badToken{"Basic", request("/rooms/a", "Authorization: Basic "+good), 401, "token_malformed"})
}

// TestBadTokens brings tokens that are no good to the program, and wants each to
// be told what is wrong, and nothing of them to be written down.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	const iss, aud = "https://issuer.test", "parlor"
	s := is.start("--jwt-issuer", iss, "--jwt-audience", aud, "--log-level", "debug")
	cases := is.badTokens(iss, aud)
	for _, tc := range cases {
		a := s.ask(tc.raw)
		if code := a.code(); a.status != tc.status || code != tc.code {
			t.Errorf("%s: got %d %s, want %d %s", tc.name, a.status, a.body, tc.status, tc.code)
		}
		if got := a.header.Get("WWW-Authenticate"); !challenges(got, tc) {
			t.Errorf("%s: challenge %q", tc.name, got)
		}
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: headers %v", tc.name, a.header)
		}
	}
	for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"HS256","kid":"hs"}`} {
		good := is.forge(header, hs256(is.secret), is.body(allRights(), claims{"iss": iss, "aud": []string{aud}}))
		s.token = good
		sent := s.publish("a", `{}`)
		sent.want(t, s.open("/connect?room=a&replay=1&token="+good).message())
	}
	signed := is.forge(`{"alg":"RS256","kid":"rsa"}`, is.rs256(is.key), is.body(allRights(), claims{"iss": iss, "aud": aud}))
	s.open("/connect?room=a", bearing(signed)).message()

	said := s.Stderr.String()
	if strings.Count(said, "eyJ") > 0 || !strings.Contains(said, "serving") { // how all tokens begin
		t.Errorf("the process wrote:\n%s", said)
	}
}

// challenges reports whether a WWW-Authenticate is the one of the case.
func challenges(got string, tc badToken) bool {
	const realm = `Bearer realm="parlor"`
	switch {
	case tc.status != 401:
		return got == ""
	case tc.code == "token_missing":
		return got == realm
	}
	return strings.HasPrefix(got, realm+`, error="invalid_token", error_description="`) && strings.HasSuffix(got, `."`)
}

// TestTokensOfTheProgram uses the program to make a secret and a token, and wants
// the server to take it.
func TestTokensOfTheProgram(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens.key")
	run := func(args ...string) string {
		p := parlor(t, append([]string{"token"}, args...)...)
		if state := p.Wait(); state.ExitCode() != 0 {
			t.Fatalf("token %q: %v", args, state)
		}
		return strings.TrimSpace(p.Stdout.String())
	}
	run("secret", "--out", file)
	listener := run("--key-file", file, "--sub", "ann", "--subscribe", "news-*,lobby")
	sender := run("--key-file", file, "--publish", "news-*")
	s := start(t, "--jwt-key-file", file)
	st := s.open("/connect?room=news-1", bearing(listener))
	s.token = sender
	s.publish("news-1", `{"n":1}`).want(t, st.message())
	var refused *refusal
	if _, err := s.post("room=lobby", "", "{}"); !errors.As(err, &refused) || refused.status != 403 || refused.Outcome != "" {
		t.Errorf("publish elsewhere: %v", err)
	}
	if said := run("explain", "--key-file", file, listener); !strings.Contains(said, "ann") || !strings.Contains(said, "news-*") {
		t.Errorf("explained:\n%s", said)
	}
	secret, err := os.ReadFile(file)
	if err != nil || strings.Contains(s.Stderr.String(), strings.TrimSpace(string(secret))) {
		t.Errorf("the secret is in the log, or gone: %v", err)
	}
}
