package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// TestProgram tries the program as its users do.
func TestProgram(t *testing.T) {
	program := proctest.Build(t, ".")
	for name, test := range map[string]func(t *testing.T, program string){
		"answers": answers, "refusals": refusals, "bytes": exactBytes, "events": events, "one stream": oneStream,
		"no stream": noStream, "in turn": inTurn, "at once": atOnce, "many": many, "expiry": expiry, "restart": restart, "three nodes": threeNodes,
		"held answers lost": heldAnswersLost, "start": start, "browser": browser,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

// exactBytes wants the bytes of a stream to be those that its readers expect.
func exactBytes(t *testing.T, program string) {
	n := nodetest.Start(t, program, "--heartbeat", "1s")
	for _, place := range []string{"token", "Authorization", "x-auth-token"} {
		ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL("/api/sse/stream"), nil)
		if err != nil {
			t.Fatal(err)
		}
		switch token := tokenOf(t, "ann"); place {
		case "token":
			req.URL.RawQuery = "token=" + token
		case "Authorization":
			req.Header.Set(place, "Bearer "+token)
		default:
			req.Header.Set(place, token)
		}
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Errorf("%s: %s, %s", place, resp.Status, got)
		}
		var got strings.Builder
		for lines := bufio.NewScanner(resp.Body); !strings.HasSuffix(got.String(), ":heartbeat\n") && lines.Scan(); {
			got.WriteString(lines.Text() + "\n")
		}
		want := `^event: connected\ndata: {"userId":"ann","timestamp":"[-0-9T:.]+Z","message":"[^"]+"}\n\n:heartbeat\n$`
		if !regexp.MustCompile(want).MatchString(got.String()) {
			t.Errorf("%s: the stream is %q", place, got.String())
		}
	}
}

// events has three clients be sent something in every way that there is.
func events(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	admin := sign(t, testSecret, adminPayload)
	ann, bob, eve := connect(t, n, "ann"), connect(t, n, "bob"), connect(t, n, "eve")
	subscribe(t, n, "ann", "events")
	subscribe(t, n, "bob", "events")
	subscribe(t, n, "bob", "posts")
	untilStats(t, n, `{"totalClients":3,"totalTopics":2,"topics":{"events":2,"posts":1}}`)
	var created struct {
		Event struct {
			ID string `json:"_id"`
		}
	}
	body := post(t, n, "/api/events", tokenOf(t, "eve"), `{"title":"Clean <up>","date":"2026-12-01"}`)
	if err := json.Unmarshal([]byte(body), &created); err != nil {
		t.Fatal(err)
	}
	post(t, n, "/api/admin/notification", admin, `{"userId":"eve","text":"You have a new message","priority":"high"}`)
	if got := post(t, n, "/api/admin/announcement", admin, `{"message":"Maintenance"}`); got != `{"success":true,"clients":3}` {
		t.Error(got)
	}
	newEvent := `newEvent {"eventId":"` + created.Event.ID + `","title":"Clean <up>","date":"2026-12-01"}`
	for s, want := range map[*nodetest.Stream]string{
		ann: newEvent, bob: newEvent, eve: `notification {"text":"You have a new message","priority":"high"}`,
	} {
		want := want + "\n" + `announcement {"message":"Maintenance"}` + "\n"
		proctest.Eventually(t, "a stream gets "+want, func() error {
			var got strings.Builder
			for _, e := range s.Events()[1:] {
				if e.ID != "" {
					return fmt.Errorf("an event has the id %s", e.ID)
				}
				fmt.Fprintf(&got, "%s %s\n", e.Name, e.Data)
			}
			if got.String() != want {
				return fmt.Errorf("it got %q", got.String())
			}
			return nil
		})
	}
	post(t, n, "/api/sse/unsubscribe", tokenOf(t, "bob"), `{"topics":["events","tasks"]}`)
	create(t, n, "second")
	ann.Wait(2, "newEvent")
	post(t, n, "/api/admin/announcement", admin, `{"message":"after it"}`)
	bob.Wait(2, "announcement")
	if got := bob.Events("newEvent"); len(got) != 1 {
		t.Errorf("who is no subscriber any more got %v", got)
	}
	for _, s := range []*nodetest.Stream{ann, bob, eve} {
		s.Close()
	}
	untilStats(t, n, `{"totalClients":0,"totalTopics":0,"topics":{}}`)
}

// oneStream has a user open a stream after another: subscriptions stay.
func oneStream(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	first := connect(t, n, "ann")
	subscribe(t, n, "ann", "events")
	second := connect(t, n, "ann")
	first.Wait(1, "replaced")
	proctest.Eventually(t, "the older stream ends", func() error {
		if first.Open() {
			return fmt.Errorf("it is open")
		}
		return nil
	})
	untilStats(t, n, `{"totalClients":1,"totalTopics":1,"topics":{"events":1}}`)
	create(t, n, "x")
	second.Wait(1, "newEvent")
	if got := second.Events("replaced"); len(got) != 0 {
		t.Errorf("the newer stream got %v", got)
	}
}

// noStream has a user subscribe who has no stream: the subscription waits for it.
func noStream(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	subscribe(t, n, "ann", "events")
	untilStats(t, n, `{"totalClients":0,"totalTopics":0,"topics":{}}`)
	ann := connect(t, n, "ann")
	untilStats(t, n, `{"totalClients":1,"totalTopics":1,"topics":{"events":1}}`)
	create(t, n, "x")
	ann.Wait(1, "newEvent")
}

// atOnce has clients come so fast that the room is told of them with some delay,
// subscribe as soon as they are connected, and be sent something as soon as that
// is answered.
func atOnce(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	for i := range 20 {
		user := fmt.Sprint("user", i)
		s := connect(t, n, user)
		subscribe(t, n, user, "events")
		create(t, n, "x")
		s.Wait(1, "newEvent")
	}
}

// many has more clients than one call of a room can send to, who subscribe
// all at a time.
func many(t *testing.T, program string) {
	const clients = 300
	n := nodetest.Start(t, program)
	streams := make([]*nodetest.Stream, clients)
	for i := range streams {
		streams[i] = n.Open("/api/sse/stream?token=" + tokenOf(t, fmt.Sprint("user", i)))
	}
	failed := make(chan error, clients)
	var group sync.WaitGroup
	for i, s := range streams {
		token := tokenOf(t, fmt.Sprint("user", i))
		group.Go(func() {
			s.Wait(1, "connected")
			a, err := requestTo(t, n, http.MethodPost, "/api/sse/subscribe", token, `{"topics":["events"]}`)
			if err != nil || a.Status != http.StatusOK {
				failed <- fmt.Errorf("%v, %w", a, err)
			}
		})
	}
	group.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	create(t, n, "x") // at once: whoever was answered is there
	for _, s := range streams {
		s.Wait(1, "newEvent")
	}
	untilStats(t, n, `{"totalClients":300,"totalTopics":1,"topics":{"events":300}}`)
}

// start runs the program with settings that will not do.
func start(t *testing.T, program string) {
	key := t.TempDir() + "/key"
	if err := os.WriteFile(key, []byte(testSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ secret, flag, want string }{
		{"", "--admin=off", secretName},
		{"short", "--admin=off", secretName},
		{testSecret, "--jwt-key-file=" + key, secretName},
	} {
		cmd := exec.CommandContext(t.Context(), program, "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--admin", "off", tc.flag)
		cmd.Env = append(os.Environ(), secretName+"="+tc.secret)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), tc.want) {
			t.Errorf("secret %q, %s: %v, %s", tc.secret, tc.flag, err, out)
		}
		if tc.flag == "--admin=off" && strings.Count(string(out), "\n") != 1 {
			t.Errorf("secret %q: more than a sentence: %s", tc.secret, out)
		}
	}
	help := exec.CommandContext(t.Context(), program, "--help")
	help.Env = append(os.Environ(), secretName+"=")
	if out, err := help.CombinedOutput(); err != nil || !strings.Contains(string(out), "(default 30s)") {
		t.Errorf("help: %v, %s", err, out)
	}
}
