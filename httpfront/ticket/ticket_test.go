package ticket

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/auth"
	"github.com/parlor-sse/parlor/persistence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// isInvalid reports whether a ticket was refused as one that there is not.
func isInvalid(err error) bool {
	var no *auth.Error
	return errors.As(err, &no) && no.Reason == invalid
}

func TestTicketIsGoodOnce(t *testing.T) {
	tickets := New(alone(t, httpfront.TicketLife, maxTickets))
	for name, c := range map[string]*auth.Claims{
		"default kind": claims("ann"),
		"all kinds":    {Expires: time.Unix(4_000_000_000, 0).UTC(), Kinds: []string{"*"}, Payload: []byte(`{}`)},
	} {
		t.Run(name, func(t *testing.T) {
			ticket, err := tickets.Issue(within(t), c)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsFunc(ticket, func(r rune) bool {
				return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
			}) {
				t.Errorf("%q is not fit for a URL", ticket)
			}
			got, err := tickets.Redeem(within(t), ticket)
			if err != nil {
				t.Fatal(err)
			}
			sameClaims(t, got, c)
			if _, err := tickets.Redeem(within(t), ticket); !isInvalid(err) {
				t.Errorf("the second time: %v", err)
			}
		})
	}
}

func TestTicketsThatThereAreNot(t *testing.T) {
	tickets := New(alone(t, httpfront.TicketLife, maxTickets))
	ticket, err := tickets.Issue(within(t), claims("ann"))
	if err != nil {
		t.Fatal(err)
	}
	for name, forged := range map[string]string{
		"empty": "", "short": ticket[1:], "long": ticket + "A", "padded": ticket + "=",
		"unknown":                           base64.RawURLEncoding.EncodeToString(make([]byte, size)),
		"another spelling of the last byte": ticket[:len(ticket)-1] + string(ticket[len(ticket)-1]+1),
		"line end":                          ticket[:10] + "\n" + ticket[11:],
	} {
		if _, err := tickets.Redeem(within(t), forged); !isInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tickets.Redeem(within(t), ticket); err != nil {
		t.Errorf("the ticket itself: %v", err)
	}
}

// TestTicketIsGoodOnceAmongMany has many redeem one ticket at a time, at three
// nodes: one of them gets what it stands for.
func TestTicketIsGoodOnceAmongMany(t *testing.T) {
	nodes := fleet(t)
	tickets := New(nodes[0])
	for range 5 {
		var ticket string
		for err := error(actors.ErrUnavailable); errors.Is(err, actors.ErrUnavailable); {
			ticket, err = tickets.Issue(within(t), claims("ann"))
			if err != nil && !errors.Is(err, actors.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		var work sync.WaitGroup
		var redeemed, refused atomic.Int32
		for i := range 30 {
			work.Go(func() {
				switch c, err := New(nodes[i%len(nodes)]).Redeem(within(t), ticket); {
				case err == nil:
					redeemed.Add(1)
					sameClaims(t, c, claims("ann"))
				case isInvalid(err):
					refused.Add(1)
				default:
					t.Errorf("redeem: %v", err)
				}
			})
		}
		work.Wait()
		if redeemed.Load() != 1 || refused.Load() != 29 {
			t.Errorf("redeemed %d times, refused %d times", redeemed.Load(), refused.Load())
		}
	}
}

// storedBytes returns how many bytes the room of a ticket keeps.
func storedBytes(t *testing.T, sys *actors.System, ticket string) int {
	t.Helper()
	secret, ok := parse(ticket)
	if !ok {
		t.Fatalf("%q is no ticket", ticket)
	}
	info, err := sys.Info(within(t), persistence.RoomKey{Kind: kindName, Name: shard(secret)})
	if err != nil {
		t.Fatal(err)
	}
	return info.StoredBytes
}

func TestLateTicketsAreForgotten(t *testing.T) {
	sys := alone(t, 20*time.Millisecond, maxTickets)
	tickets := New(sys)
	ticket, err := tickets.Issue(within(t), claims("ann"))
	if err != nil {
		t.Fatal(err)
	}
	empty := 0
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if empty = storedBytes(t, sys, ticket); empty < 100 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the room still keeps %d bytes", empty)
		}
	}
	if _, err := tickets.Redeem(within(t), ticket); !isInvalid(err) {
		t.Errorf("late: %v", err)
	}
}

// TestLateTicketIsRefused redeems a ticket that is late, but not forgotten.
func TestLateTicketIsRefused(t *testing.T) {
	tickets := New(alone(t, 0, maxTickets))
	for range 20 {
		ticket, err := tickets.Issue(within(t), claims("ann"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tickets.Redeem(within(t), ticket); !isInvalid(err) {
			t.Errorf("late: %v", err)
		}
	}
}

// TestFullRoom fills rooms until each has refused one: those that were issued are
// good, and one that is redeemed makes room.
func TestFullRoom(t *testing.T) {
	tickets := New(alone(t, httpfront.TicketLife, 2))
	issued := make(map[string]string) // a ticket of each room
	refusals := 0
	for range 40 * shards {
		switch ticket, err := tickets.Issue(within(t), claims("ann")); {
		case err == nil:
			issued[ticket] = ticket
		case errors.Is(err, actors.ErrOverloaded):
			refusals++
		default:
			t.Fatal(err)
		}
	}
	if len(issued) > 2*shards || len(issued) < shards || refusals == 0 {
		t.Fatalf("%d tickets in %d rooms, %d refused", len(issued), shards, refusals)
	}
	for ticket := range issued {
		if _, err := tickets.Redeem(within(t), ticket); err != nil {
			t.Errorf("redeem: %v", err)
		}
	}
	if _, err := tickets.Issue(within(t), claims("ann")); err != nil {
		t.Errorf("after all were redeemed: %v", err)
	}
}

// asked answers every call alike.
type asked struct {
	reply actors.Reply
	err   error
}

func (a asked) Call(context.Context, actors.Call) (actors.Reply, error) { return a.reply, a.err }

func TestFailuresOfTheRoom(t *testing.T) {
	for name, tc := range map[string]struct {
		room          asked
		issue, redeem error // nil for one of another sort
	}{
		"unavailable":     {asked{err: actors.ErrUnavailable}, actors.ErrUnavailable, actors.ErrUnavailable},
		"unknown outcome": {asked{err: actors.ErrUnknownOutcome}, actors.ErrUnavailable, actors.ErrUnknownOutcome},
		"odd answer":      {asked{reply: actors.Reply{Status: 418}}, nil, nil},
	} {
		tickets := New(tc.room)
		if _, err := tickets.Issue(within(t), claims("ann")); err == nil || tc.issue != nil && !errors.Is(err, tc.issue) {
			t.Errorf("%s: issue: %v", name, err)
		}
		_, err := tickets.Redeem(within(t), base64.RawURLEncoding.EncodeToString(make([]byte, size)))
		if err == nil || isInvalid(err) || tc.redeem != nil && !errors.Is(err, tc.redeem) {
			t.Errorf("%s: redeem: %v", name, err)
		}
	}
}

// TestDigestsAlone looks for tickets in what their rooms were given.
func TestDigestsAlone(t *testing.T) {
	spy := &recorder{caller: alone(t, httpfront.TicketLife, maxTickets)}
	tickets := New(spy)
	ticket, err := tickets.Issue(within(t), claims("ann"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tickets.Redeem(within(t), ticket); err != nil {
		t.Fatal(err)
	}
	for _, c := range spy.calls {
		if strings.Contains(c.Target, ticket) || strings.Contains(string(c.Body), ticket) {
			t.Errorf("the room was shown the ticket: %s %s", c.Target, c.Body)
		}
	}
	if len(spy.calls) != 2 {
		t.Errorf("%d calls", len(spy.calls))
	}
}

// recorder keeps the calls that go through it.
type recorder struct {
	caller
	calls []actors.Call
}

func (r *recorder) Call(ctx context.Context, c actors.Call) (actors.Reply, error) {
	r.calls = append(r.calls, c)
	return r.caller.Call(ctx, c)
}
