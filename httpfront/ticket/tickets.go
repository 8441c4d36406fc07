package ticket

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/auth"
	"github.com/parlor-sse/parlor/persistence"
)

// shards is how many rooms share the tickets. The first byte of a ticket says
// whose it is.
const shards = 64

// size is how many random bytes a ticket has.
const size = 32

// invalid is the reason for which a ticket is refused. Whether there was one is
// nobody's business.
const invalid = "ticket_invalid"

// caller is what tickets need of an actors.System.
type caller interface {
	Call(ctx context.Context, c actors.Call) (actors.Reply, error)
}

// Tickets gives out tickets and takes them. It may be used from any goroutine.
type Tickets struct{ rooms caller }

var _ httpfront.Tickets = (*Tickets)(nil)

// New returns tickets that are kept in rooms, among whose kinds has to be the one
// that Kind returns.
func New(rooms caller) *Tickets { return &Tickets{rooms: rooms} }

// Issue implements httpfront.Tickets. With more tickets out than a room keeps the
// error is actors.ErrOverloaded.
func (t *Tickets) Issue(ctx context.Context, c *auth.Claims) (string, error) {
	var secret [size]byte
	_, _ = rand.Read(secret[:]) // never fails
	reply, err := t.ask(ctx, secret, targetIssue, formOf(c))
	if errors.Is(err, actors.ErrUnknownOutcome) {
		// A ticket that nobody knows of does no harm.
		err = fmt.Errorf("%w: %w", actors.ErrUnavailable, err)
	}
	switch {
	case err != nil:
		return "", err
	case reply.Status == http.StatusServiceUnavailable:
		return "", actors.ErrOverloaded
	case reply.Status != http.StatusNoContent:
		return "", fmt.Errorf("the room of the tickets answered %d", reply.Status)
	}
	return base64.RawURLEncoding.EncodeToString(secret[:]), nil
}

// Redeem implements httpfront.Tickets. After actors.ErrUnknownOutcome the ticket
// may be used up.
func (t *Tickets) Redeem(ctx context.Context, ticket string) (*auth.Claims, error) {
	secret, ok := parse(ticket)
	if !ok {
		return nil, refused()
	}
	reply, err := t.ask(ctx, secret, targetRedeem, nil)
	switch {
	case err != nil:
		return nil, err
	case reply.Status == http.StatusNotFound:
		return nil, refused()
	case reply.Status != http.StatusOK:
		return nil, fmt.Errorf("the room of the tickets answered %d", reply.Status)
	}
	var f form
	if err := json.Unmarshal(reply.Body, &f); err != nil {
		return nil, fmt.Errorf("the claims of a ticket: %w", err)
	}
	return f.claims(), nil
}

// ask calls the room of the ticket. A call without a key is repeated by the rooms
// themselves where that is needed, and done once: under one of ours the room would
// have to remember the answer, claims and all, for minutes.
func (t *Tickets) ask(ctx context.Context, secret [size]byte, target string, f *form) (actors.Reply, error) {
	digest := sha256.Sum256(secret[:])
	body, err := json.Marshal(request{Digest: hex.EncodeToString(digest[:]), Claims: f})
	if err != nil {
		return actors.Reply{}, fmt.Errorf("the claims of a ticket: %w", err)
	}
	return t.rooms.Call(ctx, actors.Call{
		Room:   persistence.RoomKey{Kind: kindName, Name: shard(secret)},
		Method: http.MethodPost, Target: target, Body: body,
	})
}

// shard returns the name of the room that keeps a ticket.
func shard(secret [size]byte) string { return strconv.Itoa(int(secret[0] % shards)) }

// parse reads a ticket, which has one spelling only.
func parse(ticket string) (secret [size]byte, ok bool) {
	if len(ticket) != base64.RawURLEncoding.EncodedLen(size) {
		return secret, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil || len(raw) != size {
		return secret, false
	}
	return [size]byte(raw), true
}

func refused() error {
	return &auth.Error{Reason: invalid, Message: "the ticket is not known, or not any more"}
}
