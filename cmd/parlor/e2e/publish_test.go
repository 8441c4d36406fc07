package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/persistence"
)

// receipt is the answer to a publish.
type receipt struct {
	Success     bool            `json:"success"`
	Message     string          `json:"message"`
	Data        json.RawMessage `json:"data"`
	ID          string          `json:"id"`
	Room        string          `json:"room"`
	Durability  string          `json:"durability"`
	Replicas    string          `json:"replicas"`
	Subscribers int             `json:"subscribers"`
	Duplicate   bool            `json:"duplicate"`
}

// refusal is an answer other than 200.
type refusal struct {
	status  int
	Code    string `json:"error"`
	Outcome string `json:"outcome"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s %s", r.status, r.Code, r.Outcome) }

// do sends a request and decodes the answer. One other than 200 is a *refusal.
func (s *server) do(req *http.Request, answer any) error {
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK {
		return json.Unmarshal(body, answer)
	}
	r := &refusal{status: resp.StatusCode}
	_ = json.Unmarshal(body, r) // a proxy's answer is no JSON
	return r
}

// post publishes a body; query holds the room, key may be empty.
func (s *server) post(query, key, body string) (receipt, error) {
	req, err := http.NewRequest(http.MethodPost, s.url("/broadcast?"+query), strings.NewReader(body))
	if err != nil {
		return receipt{}, err
	}
	// A retry of the transport's own would hide what became of the first try.
	req.GetBody = nil
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	var r receipt
	return r, s.do(req, &r)
}

// publish publishes a body to a room, which has to work.
func (s *server) publish(room, body string) receipt {
	s.t.Helper()
	var r receipt
	s.insist("publish to "+room, func() (err error) {
		r, err = s.post("room="+room, "", body)
		return err
	})
	return r
}

// insist asks until the answer is another than that it can't be done now, which a
// node of a busy machine gives when it has not heard of the others for a moment.
func (s *server) insist(what string, ask func() error) {
	s.t.Helper()
	var err error
	proctest.Eventually(s.t, what, func() error {
		var no *refusal
		if err = ask(); errors.As(err, &no) && no.status == http.StatusServiceUnavailable {
			return err
		}
		return nil
	})
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

// publishN publishes {"n":from} to {"n":to}.
func (s *server) publishN(room string, from, to int) []receipt {
	s.t.Helper()
	var all []receipt
	for n := from; n <= to; n++ {
		all = append(all, s.publish(room, fmt.Sprintf(`{"n":%d}`, n)))
	}
	return all
}

// fetch fetches JSON.
func (s *server) fetch(path string, answer any) error {
	req, err := http.NewRequest(http.MethodGet, s.url(path), nil)
	if err != nil {
		return err
	}
	return s.do(req, answer)
}

// get is fetch, which has to work.
func (s *server) get(path string, answer any) {
	s.t.Helper()
	s.insist("get "+path, func() error { return s.fetch(path, answer) })
}

// kept is a message of GET /rooms/{room}/history.
type kept struct {
	ID    string          `json:"id"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// history returns what the room keeps, oldest first.
func (s *server) history(room string) []kept {
	s.t.Helper()
	var h struct {
		Messages []kept `json:"messages"`
	}
	s.get("/rooms/"+room+"/history", &h)
	return h.Messages
}

// info describes the room.
func (s *server) info(room string) actors.RoomInfo {
	s.t.Helper()
	var info actors.RoomInfo
	s.get("/rooms/"+room, &info)
	return info
}

// position reads an id.
func position(t *testing.T, id string) persistence.Position {
	t.Helper()
	p, err := persistence.ParsePosition(id)
	if err != nil {
		t.Fatalf("id %q: %v", id, err)
	}
	return p
}
