package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// Countdown runs to a deadline, for which the room's alarm is set. It holds
// nothing itself: what the room knows is in storage, so that any node can go on
// with it.
type Countdown struct{}

// longest bounds a countdown, in seconds: a leap year.
const longest = 366 * 24 * 60 * 60

// Fetch implements actors.Fetcher. It answers with the State that is the room's
// then:
//
//	GET /
//	POST /start?seconds=n   n may be a fraction; a countdown that runs begins anew
//	POST /cancel
func (Countdown) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	state, err := load(ctx)
	if err != nil {
		return err
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /", "HEAD /":
	case "POST /start":
		seconds, bad := strconv.ParseFloat(r.URL.Query().Get("seconds"), 64)
		if bad != nil || !(seconds >= 0.001 && seconds <= longest) {
			return actors.Refuse(http.StatusBadRequest, "invalid_seconds", "seconds is a number from 0.001 to 31622400.")
		}
		err = state.start(ctx, time.Duration(seconds*float64(time.Second)))
	case "POST /cancel":
		err = state.cancel(ctx)
	default:
		return actors.Refuse(http.StatusNotFound, "not_found", "There are GET /, POST /start and POST /cancel.")
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(state)
}

// Alarm implements actors.Alarmer: the time is up. What it stores, what listeners
// hear, and that no alarm is set any more are one commit. A call that does not get
// so far is made again; what it has done in the room by then is undone, so that
// the room counts each end once.
func (Countdown) Alarm(ctx *actors.Context, _ actors.AlarmInfo) error {
	state, err := load(ctx)
	if err != nil {
		return err
	}
	return state.end(ctx)
}

// Update implements actors.Updater: while the countdown runs, listeners see it
// do.
func (Countdown) Update(ctx *actors.Context) (any, error) {
	state, err := load(ctx)
	if err != nil || state.Deadline.IsZero() {
		return nil, err
	}
	return state, nil
}
