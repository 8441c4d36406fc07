package e2e_test

import (
	"net/http"
	"testing"
)

// ticket asks for a ticket for a stream of a room, in exchange for a token.
func (s *server) ticket(room, token string) string {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url("/ticket?room="+room), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var got struct {
		Ticket    string `json:"ticket"`
		ExpiresIn int    `json:"expiresIn"`
	}
	with := *s
	with.token = token
	if err := with.do(req, &got); err != nil || got.Ticket == "" || got.ExpiresIn != 30 {
		s.t.Fatalf("ticket at %s: %+v, %v", s.addr, got, err)
	}
	return got.Ticket
}

// wantUsedUp wants a ticket to be good no more.
func (s *server) wantUsedUp(ticket string) {
	s.t.Helper()
	a := s.ask(request("/connect?room=a&ticket=" + ticket))
	if a.status != 401 || a.code() != "ticket_invalid" {
		s.t.Errorf("ticket at %s: %d %s", s.addr, a.status, a.body)
	}
}

// TestTickets gets tickets at one node and uses them at the others, once.
func TestTickets(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	f := is.startFleet(3)
	ann := is.grant(rights{"subscribe": []string{"a"}}, claims{"sub": "ann"})
	for i := range 6 { // they are kept by different nodes
		at, next, last := f.nodes[i%3], f.nodes[(i+1)%3], f.nodes[(i+2)%3]
		ticket := at.ticket("a", ann)
		st := next.open("/connect?room=a&replay=0&ticket=" + ticket)
		st.hears(at.publish("a", `{}`))
		for _, n := range []*node{last, next, at} {
			n.wantUsedUp(ticket)
		}
		// A ticket is worth what its token is, and a try.
		elsewhere := at.ticket("a", ann)
		if a := last.ask(request("/connect?room=b&ticket=" + elsewhere)); a.status != 403 || a.code() != "forbidden" {
			t.Errorf("in another room: %d %s", a.status, a.body)
		}
		next.wantUsedUp(elsewhere)
		st.close()
	}
	for _, a := range []answer{
		f.nodes[0].ask(posting("/ticket?room=b", "", bearing(ann))),
		f.nodes[0].ask(posting("/broadcast?room=a&ticket="+f.nodes[1].ticket("a", ann), "{}")),
		f.nodes[0].ask(posting("/ticket?room=a&token="+ann, "")),
		f.nodes[0].ask(posting("/ticket?room=a", "")),
	} {
		if a.status != 401 && a.status != 403 {
			t.Errorf("got %d %s", a.status, a.body)
		}
	}
}

// TestTicketsOutliveTheirNode kills the node that gave tickets, and wants each to
// be good at the others, once.
func TestTicketsOutliveTheirNode(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	f := is.startFleet(3)
	ann := is.grant(rights{"subscribe": []string{"a"}}, claims{"sub": "ann"})
	gone, left := f.nodes[0], f.nodes[1:]
	var used, fresh []string
	for i := range 24 {
		ticket := gone.ticket("a", ann)
		if fresh = append(fresh, ticket); i%3 == 0 {
			fresh = fresh[:len(fresh)-1]
			left[i%2].open("/connect?room=a&ticket=" + ticket).close()
			used = append(used, ticket)
		}
	}
	f.crash(gone)
	for i, ticket := range fresh {
		st := left[i%2].open("/connect?room=a&replay=0&ticket=" + ticket)
		if e := st.next(); string(e.Data) != greeting {
			t.Fatalf("the stream of ticket %d begins with %s %s", i, e.Name, e.Data)
		}
	}
	for i, ticket := range append(used, fresh...) {
		left[i%2].wantUsedUp(ticket)
	}
}
