package httpfront

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// TicketLife is how long a ticket may be redeemed.
const TicketLife = 30 * time.Second

// Tickets stand for tokens in the URL of one stream. All methods may be called
// from any goroutine. Errors are those of package actors, which say that it can't
// be done just now, and an *auth.Error of Redeem's.
type Tickets interface {
	// Issue returns a new ticket, of the characters that URLs may have as they are,
	// which stands for the claims for TicketLife.
	Issue(ctx context.Context, c *auth.Claims) (string, error)

	// Redeem returns the claims that a ticket stands for, once, at whichever node.
	// One that is unknown, was redeemed before, or is late is an *auth.Error.
	Redeem(ctx context.Context, ticket string) (*auth.Claims, error)
}

// ticket gives a ticket for a stream to a client whose token may subscribe to it.
// It stands for the token, and not for the stream: what is done with it is judged
// anew.
func (s *Server) ticket(rq *request) error {
	rooms, err := rq.query.rooms()
	if err != nil {
		return err
	}
	if rq.claims == nil {
		return errTokenMissing
	}
	if err := lasting(rq.claims, time.Now()); err != nil {
		return err
	}
	if err := s.admit(rq, toListen, rooms...); err != nil {
		return err
	}
	if err := s.paceSender(rq); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
	defer cancel()
	ticket, err := s.cfg.Tickets.Issue(ctx, rq.claims)
	if err != nil {
		return fmt.Errorf("issue ticket: %w", err)
	}
	body := appendString([]byte(`{"ticket":`), ticket)
	body = strconv.AppendInt(append(body, `,"expiresIn":`...), int64(TicketLife/time.Second), 10)
	rq.answerJSON(append(body, '}'))
	return nil
}

// redeem makes a stream's request that of whoever was given its ticket, if it has
// one.
func (s *Server) redeem(rq *request) error {
	if rq.ticket == "" {
		return nil
	}
	if s.cfg.Tickets == nil {
		return errTicket
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
	defer cancel()
	claims, err := s.cfg.Tickets.Redeem(ctx, rq.ticket)
	if err != nil {
		return fmt.Errorf("redeem ticket: %w", err)
	}
	if claims == nil {
		return errors.New("redeem ticket: there are no claims")
	}
	rq.claims = claims
	return s.entitled(rq)
}
