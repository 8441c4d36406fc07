package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// notebook collects what the endpoint of the webhook is told.
type notebook struct{ proctest.Output }

func (n *notebook) ServeHTTP(_ http.ResponseWriter, r *http.Request) { _ = r.Write(n) }

// talkative starts a server that tells Kafka, a webhook and its log all it can.
func (is *issuer) talkative() (s *server, cluster *kfake.Cluster, hooks *notebook) {
	t := is.t
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	hooks = new(notebook)
	endpoint := httptest.NewServer(hooks)
	t.Cleanup(endpoint.Close)
	key := filepath.Join(t.TempDir(), "webhook.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	s = is.start("--kafka-brokers", strings.Join(cluster.ListenAddrs(), ","), "--kafka-topic", "out",
		"--webhook-url", endpoint.URL, "--webhook-key-file", key, "--webhook-joins", "--host", "parlor.test,127.0.0.1",
		"--log-level", "debug", "--one-stream-per-user", "--publish-rate", "1000000", "--streams-per-token", "20", "--update", "50ms")
	return s, cluster, hooks
}

// marked returns tokens, good ones and others, in each of which the canary is.
func (is *issuer) marked() map[string]string {
	is.t.Helper()
	grants := rights{"subscribe": []string{"*"}, "publish": []string{"a"}, "presence": true}
	return map[string]string{
		"good":     is.grant(grants, claims{"jti": canary}),
		"expired":  is.grant(grants, claims{"jti": canary + "-expired", "exp": 1}),
		"unsigned": is.forge(`{"alg":"none"}`, unsigned, is.body(grants, claims{"jti": canary + "-none"})),
		"forged":   is.forge(`{"alg":"HS256"}`, hs256([]byte(canary)), is.body(grants, claims{"jti": canary + "-forged"})),
		"brief":    is.grant(grants, claims{"jti": canary + "-brief", "exp": time.Now().Add(5 * time.Second).Unix()}),
	}
}

// TestCanary sends tokens to everything there is, in every way there is, and looks
// for them wherever the server writes.
func TestCanary(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	s, kafka, hooks := is.talkative()
	tokens := is.marked()
	good := tokens["good"]
	ending := s.open("/connect?room=a&token=" + tokens["brief"])
	var answers bytes.Buffer
	for _, token := range tokens {
		for _, raw := range canaries(token) {
			answers.Write(pour(t, s.dial(), raw))
		}
	}
	for _, raw := range canaries(good) {
		answers.Write(pour(t, tcp(s.admin), raw))
	}
	live := s.open("/connect?room=a&presence=on&token=" + good)
	s.open("/connect?room=a&ticket=" + s.ticket("a", good)).close()
	unused := s.ticket("a", good)
	last := s.publish("a", `{"heard":"marker, the last"}`)
	for e := live.message(); e.ID != last.ID; e = live.message() {
		fmt.Fprintf(&answers, "%s %s\n", e.Name, e.Data)
	}
	ending.rest()
	proctest.Until(t, "the webhook is told", func() bool { return strings.Contains(hooks.String(), `"room":"a"`) })

	// The sign of each place is what has to be found there: a search where there
	// is nothing proves nothing.
	places := []place{
		{"answers", "marker", answers.String()}, {"streams", "marker", string(ending.raw) + string(live.raw)},
		{"admin", "goroutine ", adminPages(t, s)}, {"records", "marker", records(t, kafka, last.ID)},
		{"webhooks", `"room":"a"`, hooks.String()},
	}
	s.Kill()
	places = append(places, place{"disk", "marker", everyByte(t, s.data)})
	again := s.again()
	again.open("/connect?room=a&ticket=" + unused).message()
	places = append(places, place{"admin, later", "goroutine ", adminPages(t, again)})
	again.terminate()
	places = append(places, place{"disk", "marker", everyByte(t, s.data)},
		place{"log", "serving", s.Said() + again.Said()})
	for _, p := range places {
		if !strings.Contains(p.text, p.sign) {
			t.Errorf("%s: there is no %s", p.name, p.sign)
		}
		for name, token := range tokens {
			p.checkUnseen(t, name, token)
		}
	}
}

// place is where something was written.
type place struct{ name, sign, text string }

// checkUnseen wants no part of a token there, nor what is in it, except on disk,
// where a ticket has to keep what its token says.
func (p place) checkUnseen(t *testing.T, name, token string) {
	t.Helper()
	secrets := secretParts(token)
	if p.name != "disk" {
		secrets = append(secrets, canary)
	}
	for _, secret := range secrets {
		if i := strings.Index(p.text, secret); i >= 0 {
			t.Errorf("%s: of the %s token there is …%q…", p.name, name, p.text[max(0, i-150):min(len(p.text), i+100)])
		}
	}
}

// adminPages returns what the admin address shows.
func adminPages(t *testing.T, s *server) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"/metrics", "/health", "/ready", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1"} {
		resp, err := s.client.Get("http://" + s.admin + path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(&all, resp.Body)
		if _ = resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", path, resp.StatusCode, err)
		}
	}
	return all.String()
}

// records returns all there is of the records up to the one of a message.
func records(t *testing.T, cluster *kfake.Cluster, last string) string {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("out"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	defer cancel()
	var all strings.Builder
	for !strings.Contains(all.String(), last) {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			t.Fatalf("the record of %s: %v", last, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { fmt.Fprintf(&all, "%s %s %s\n", r.Key, r.Value, r.Headers) })
	}
	return all.String()
}

// everyByte returns what is in the files of a directory, and their names.
func everyByte(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		all.WriteString(path + "\n")
		all.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
