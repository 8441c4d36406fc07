package browsertest

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// server is a parlor server, which a test may kill and start again.
type server struct {
	*nodetest.Node
	t *testing.T
}

// startServer starts a server with data that outlive it.
func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	return &server{nodetest.Start(t, parlor(t), append([]string{"serve"}, flags...)...), t}
}

// apart runs the server over the same data where no page looks for it and lets f
// use it: what f publishes is missed by every page for certain. It must not run.
func (s *server) apart(f func()) {
	s.t.Helper()
	here := s.Node
	here.Apart(func(apart *nodetest.Node) {
		s.Node = apart
		f()
	})
	s.Node = here
}

// publish publishes an object and returns its id.
func (s *server) publish(room, event, object string) string {
	s.t.Helper()
	var answer struct{ ID string }
	s.Post("/broadcast?"+url.Values{"room": {room}, "event": {event}}.Encode(), object, &answer)
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
		var info struct{ ConnectionCount int }
		s.Get("/rooms/"+room, &info)
		return info.ConnectionCount == n
	})
}
