package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

const (
	// defaultRetry is the pause before reconnecting to a server that asked for
	// none.
	defaultRetry = 3 * time.Second
	// minRetry keeps a server that asks for no pause from being overrun.
	minRetry = 100 * time.Millisecond
	// maxRetry bounds every pause, whatever a server asks for.
	maxRetry = 5 * time.Minute
	// maxBackoff bounds how long a server that can't be reached is left alone,
	// unless it asked for more itself.
	maxBackoff = 30 * time.Second
)

// errEnough ends a stream of which enough was seen.
var errEnough = errors.New("enough messages")

// tailer follows rooms over any number of connections.
type tailer struct {
	client  *client
	options tailOptions
	view    *tailView
	notes   io.Writer // what happens to the connection
	pause   func(context.Context, time.Duration) error

	lastID string        // to reconnect with
	retry  time.Duration // before reconnecting
}

func newTailer(c *client, o tailOptions, out, notes io.Writer) *tailer {
	return &tailer{
		client:  c,
		options: o,
		view:    newTailView(o, out, notes),
		notes:   notes,
		pause:   pause,
		lastID:  o.from,
		retry:   defaultRetry,
	}
}

// run follows the rooms until ctx ends, enough messages were seen, or the
// server refuses for good.
func (t *tailer) run(ctx context.Context) error {
	failed := backoff{most: maxBackoff}
	for {
		opened, err := t.stream(ctx)
		if ctx.Err() != nil || errors.Is(err, errEnough) {
			return t.view.verdict()
		}
		var refused *answerError
		if errors.As(err, &refused) && !passing(refused.status) {
			return err
		}
		if errors.As(err, new(outputError)) || errors.Is(err, errNotStream) {
			return err
		}
		wait := t.retry
		if opened {
			failed.tries = 0
		} else {
			failed.least = max(t.retry, time.Second)
			wait = max(wait, failed.next())
		}
		if refused != nil {
			wait = max(wait, refused.retryAfter)
		}
		wait = min(max(wait, minRetry), maxRetry)
		t.note("%v; trying again in %s", err, wait.Round(time.Millisecond))
		if t.pause(ctx, wait) != nil {
			return t.view.verdict()
		}
	}
}

// passing reports whether a refusal may be over soon. A browser gives up on
// all of them, but a proxy in between answers so while its server restarts.
func passing(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// errNotStream reports an answer that is not an event stream.
var errNotStream = errors.New("the answer is not an event stream")

// stream opens one connection and reads it to its end. The error, never nil,
// says what ended it.
func (t *tailer) stream(ctx context.Context) (opened bool, err error) {
	// A stream of which enough was seen is still open at the other end.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := t.client.request(ctx, http.MethodGet, "/connect", t.options.query(), nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Cache-Control", "no-store")
	if t.lastID != "" {
		req.Header.Set("Last-Event-ID", t.lastID)
	}
	resp, err := t.client.http.Do(req)
	if err != nil {
		return false, plainError(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return false, readError(resp)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "text/event-stream" {
		return false, fmt.Errorf("%w but %q", errNotStream, printable(resp.Header.Get("Content-Type")))
	}
	t.note("connected to %s, rooms %s", t.client.base.Redacted(), printable(strings.Join(t.options.rooms, " ")))
	t.view.connected(t.lastID)
	return true, t.read(resp.Body)
}

// read reads a stream to its end.
func (t *tailer) read(body io.Reader) error {
	d := sse.NewDecoder(body, sse.Options{LastEventID: t.lastID, Bookmark: t.view.bookmark})
	defer func() {
		t.lastID = d.LastEventID()
		if retry, ok := d.Retry(); ok {
			t.retry = retry
		}
	}()
	for {
		e, err := d.Next()
		if err == io.EOF {
			return errors.New("the server ended the stream")
		}
		if err != nil {
			return fmt.Errorf("the stream broke: %w", err)
		}
		if err := t.view.event(e); err != nil {
			return err
		}
	}
}

func (t *tailer) note(format string, args ...any) {
	fmt.Fprintf(t.notes, "parlor tail: "+format+"\n", args...)
}
