package ticket

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// Keys in a room's storage: a ticket by its digest, and its digest by its
// deadline, in milliseconds of so many digits that keys are in the order of time.
const (
	keyTicket   = "ticket/"
	keyDeadline = "deadline/"
	digits      = 16
)

// How many late tickets are forgotten, at most, when a new one is kept and when
// the alarm goes off.
const (
	sweepNow   = 16
	sweepAlarm = 512
)

// shelf is a room's tickets. It belongs to the room.
type shelf struct {
	tickets int // that are stored
}

// count finds out how many tickets are stored.
func (s *shelf) count(store *actors.Storage) error {
	all, err := store.List(actors.ListOptions{Prefix: keyDeadline})
	s.tickets = len(all)
	return err
}

// turn is what a call of the room does. If it fails nothing of it is kept, so
// that there are as many tickets as before.
func (s *shelf) turn(do func() error) error {
	before := s.tickets
	err := do()
	if err != nil {
		s.tickets = before
	}
	return err
}

// put stores a ticket, unless it is there already: nobody draws the same one
// twice, so that this is the same request once more.
func (s *shelf) put(store *actors.Storage, digest string, t stored) error {
	if _, ok := store.Get(keyTicket + digest); ok {
		return nil
	}
	value, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("keep a ticket: %w", err)
	}
	if err := store.PutAll(map[string][]byte{keyTicket + digest: value, deadlineKey(t.Deadline, digest): nil}); err != nil {
		return err
	}
	s.tickets++
	return nil
}

// take removes a ticket and returns it, if there is one.
func (s *shelf) take(store *actors.Storage, digest string) (t stored, ok bool, err error) {
	if ok, err = store.GetJSON(keyTicket+digest, &t); err != nil || !ok {
		return t, false, err
	}
	return t, true, s.remove(store, digest, deadlineKey(t.Deadline, digest))
}

func (s *shelf) remove(store *actors.Storage, digest, deadline string) error {
	if _, err := store.Delete(keyTicket+digest, deadline); err != nil {
		return err
	}
	s.tickets--
	return nil
}

// sweep removes tickets that are late, the oldest first, at most so many.
func (s *shelf) sweep(store *actors.Storage, now time.Time, most int) error {
	late, err := store.List(actors.ListOptions{
		Prefix: keyDeadline, End: deadlineKey(now.UnixMilli()+1, ""), Limit: most,
	})
	if err != nil {
		return err
	}
	for _, item := range late {
		_, digest, _ := parseDeadline(item.Key)
		if err := s.remove(store, digest, item.Key); err != nil {
			return fmt.Errorf("forget a ticket: %w", err)
		}
	}
	return nil
}

// first returns when the next ticket is late, if there are any.
func first(store *actors.Storage) (at time.Time, ok bool, err error) {
	next, err := store.List(actors.ListOptions{Prefix: keyDeadline, Limit: 1})
	if err != nil || len(next) == 0 {
		return at, false, err
	}
	at, _, ok = parseDeadline(next[0].Key)
	return at, ok, nil
}

func deadlineKey(millis int64, digest string) string {
	return fmt.Sprintf("%s%0*d/%s", keyDeadline, digits, millis, digest)
}

func parseDeadline(key string) (at time.Time, digest string, ok bool) {
	number, digest, ok := strings.Cut(strings.TrimPrefix(key, keyDeadline), "/")
	millis, err := strconv.ParseInt(number, 10, 64)
	return time.UnixMilli(millis), digest, ok && err == nil
}

// full answers that there is no space for a ticket, if that is the error.
func full(w http.ResponseWriter, err error) error {
	if !errors.Is(err, actors.ErrStorageFull) {
		return err
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	return nil
}
