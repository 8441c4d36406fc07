package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

const (
	counterKind = "counter" // of the one room that counts
	counterRoom = "counter"
)

// publishTime bounds one attempt to say a number: less than a call may take.
const publishTime = 5 * time.Second

// counter is the room that counts, of which there is one in the whole cluster. It
// holds nothing itself: which number is next, and when, is in storage, so that
// any node can go on with it.
type counter struct {
	every   time.Duration
	publish func(context.Context, actors.Publication) error
}

// next is the event that is said next. It is stored before it is said, so that
// the same is said again by whoever does not know whether it was.
type next struct {
	Date  int64  `json:"date"`  // unix milliseconds
	Times uint64 `json:"times"` // from 1
}

// Fetch implements actors.Fetcher: POST /start has the room count, unless it does.
func (c counter) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost || r.URL.Path != "/start" {
		return actors.Refuse(http.StatusNotFound, "not_found", "There is POST /start.")
	}
	w.WriteHeader(http.StatusNoContent)
	if _, counting := ctx.Storage().GetAlarm(); counting {
		return nil
	}
	n := next{Times: 1}
	if _, err := ctx.Storage().GetJSON("next", &n); err != nil {
		return err
	}
	return c.plan(ctx, n, time.Now().Add(c.every))
}

// Alarm implements actors.Alarmer: it is time for the next event. The event is
// published under a key of its own, and the one after it stored when that is
// done. A node that dies in between leaves an alarm that rings again, and then
// the event is published under the same key: everybody hears it once.
func (c counter) Alarm(ctx *actors.Context, _ actors.AlarmInfo) error {
	var n next
	if ok, err := ctx.Storage().GetJSON("next", &n); err != nil || !ok {
		return err
	}
	if err := c.say(ctx, n); err != nil {
		// Alarms that fail are given up in the end, and this one must not be.
		ctx.Logger().Warn("event put off", "times", n.Times, "err", err)
		return ctx.Storage().SetAlarm(time.Now().Add(c.every))
	}
	at := time.UnixMilli(n.Date).Add(c.every)
	if now := time.Now(); at.Before(now) { // nothing ran for a while
		at = now.Add(c.every)
	}
	return c.plan(ctx, next{Times: n.Times + 1}, at)
}

// plan stores what is said next.
func (c counter) plan(ctx *actors.Context, n next, at time.Time) error {
	n.Date = at.UnixMilli()
	if err := ctx.Storage().PutJSON("next", n); err != nil {
		return err
	}
	return ctx.Storage().SetAlarm(at)
}

// say publishes an event to the room that /events listens to.
func (c counter) say(ctx context.Context, n next) error {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	return c.publish(ctx, actors.Publication{
		Room:    persistence.RoomKey{Kind: actors.DefaultKind, Name: actors.DefaultRoom},
		Body:    fmt.Appendf(nil, `{"payload":{"date":%d,"times":%d}}`, n.Date, n.Times),
		Stamped: true, // it has its date, and gets no timestamp besides
		Key:     fmt.Sprintf("counter-%d", n.Times),
	})
}
