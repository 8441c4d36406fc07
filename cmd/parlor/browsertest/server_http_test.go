package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// publish publishes an object and returns its id.
func (s *server) publish(room, event, object string) string {
	s.t.Helper()
	query := url.Values{"room": {room}, "event": {event}}
	resp, err := http.Post(s.url+"/broadcast?"+query.Encode(), "application/json", strings.NewReader(object))
	if err != nil {
		s.t.Fatal(err)
	}
	var answer struct{ ID string }
	s.decode(resp, &answer)
	return answer.ID
}

// publishNumbers publishes {"n":from} to {"n":to}.
func (s *server) publishNumbers(room string, from, to int) {
	s.t.Helper()
	for n := from; n <= to; n++ {
		s.publish(room, "", fmt.Sprintf(`{"n":%d}`, n))
	}
}

// untilConnections waits until a room has so many streams.
func (s *server) untilConnections(room string, n int) {
	s.t.Helper()
	proctest.Until(s.t, fmt.Sprintf("%d connections to %s", n, room), func() bool {
		resp, err := http.Get(s.url + "/rooms/" + room)
		if err != nil {
			s.t.Fatal(err)
		}
		var info struct{ ConnectionCount int }
		s.decode(resp, &info)
		return info.ConnectionCount == n
	})
}

// subscribe opens a stream, as another person would, and returns how to end it.
func (s *server) subscribe(room string) (end func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/connect?room="+room, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("subscribe: %v %v", resp, err)
	}
	return func() {
		cancel()
		resp.Body.Close()
	}
}

// decode reads an answer that has to be a success.
func (s *server) decode(resp *http.Response, out any) {
	s.t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s answers %d %s %v", resp.Request.URL, resp.StatusCode, body, err)
	}
	if err := json.Unmarshal(body, out); err != nil {
		s.t.Fatal(err)
	}
}
