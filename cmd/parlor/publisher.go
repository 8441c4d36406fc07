package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// publisher sends messages to one room.
type publisher struct {
	client  *client
	options publishOptions
	out     io.Writer // gets an id or an answer a message
	notes   io.Writer // gets a line when a message needs more than one attempt
	pause   func(context.Context, time.Duration) error
}

// publish sends a message until the server has taken or refused it, and prints
// its id. An empty key stands for a random one.
func (p *publisher) publish(ctx context.Context, body []byte, key string) error {
	if key == "" {
		key = newKey()
	}
	within, cancel := context.WithTimeout(ctx, p.options.timeout)
	defer cancel()
	waits := backoff{least: 100 * time.Millisecond, most: 2 * time.Second}
	uncertain := false // an attempt may have been delivered
	for {
		answer, err := p.attempt(within, body, key)
		if err == nil {
			return p.print(answer)
		}
		again, lost := judge(err)
		uncertain = uncertain || lost
		if !again && within.Err() == nil {
			return err
		}
		var refused *answerError
		wait := waits.next()
		if errors.As(err, &refused) {
			wait = max(wait, refused.retryAfter)
		}
		if waits.tries == 1 && within.Err() == nil {
			fmt.Fprintf(p.notes, "parlor publish: %v; trying again for up to %s\n", err, p.options.timeout)
		}
		deadline, _ := within.Deadline()
		if time.Until(deadline) < wait || p.pause(within, wait) != nil {
			return giveUp(ctx, err, uncertain)
		}
	}
}

// judge says of a failed attempt whether another one may succeed, and whether
// this one may have been delivered for all that is known.
func judge(err error) (again, uncertain bool) {
	var refused *answerError
	if !errors.As(err, &refused) {
		var network *net.OpError
		neverSent := errors.As(err, &network) && network.Op == "dial"
		return true, !neverSent
	}
	switch refused.status {
	case http.StatusTooManyRequests:
		return true, false
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, refused.outcome != "not_accepted"
	}
	return false, refused.status >= 500
}

// giveUp explains the last failure and what has become of the message.
func giveUp(ctx context.Context, err error, uncertain bool) error {
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	} else if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("no answer in time")
	}
	if uncertain {
		return fmt.Errorf("%w; it is not known whether the message was delivered", err)
	}
	return fmt.Errorf("%w; the message was not delivered", err)
}

// attempt sends a message once.
func (p *publisher) attempt(ctx context.Context, body []byte, key string) ([]byte, error) {
	query := url.Values{"room": {p.options.room}}
	if p.options.event != "" {
		query.Set("event", p.options.event)
	}
	if p.options.client != "" {
		query.Set("client", p.options.client)
	}
	req, err := p.client.request(ctx, http.MethodPost, "/broadcast", query, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	return p.client.do(req)
}

// print shows the answer to a message that was taken.
func (p *publisher) print(answer []byte) error {
	if p.options.json {
		var line bytes.Buffer
		if err := json.Compact(&line, answer); err != nil {
			return fmt.Errorf("answer of POST /broadcast: %w", err)
		}
		_, err := fmt.Fprintln(p.out, printable(line.String()))
		return err
	}
	var receipt struct {
		ID        string `json:"id"`
		Duplicate bool   `json:"duplicate"`
	}
	if err := json.Unmarshal(answer, &receipt); err != nil {
		return fmt.Errorf("answer of POST /broadcast: %w", err)
	}
	text := printable(receipt.ID)
	if text == "" {
		text = "-" // a targeted message has no place in the room's order
	}
	if receipt.Duplicate {
		fmt.Fprintf(p.notes, "parlor publish: %s had been published before\n", text)
	}
	_, err := fmt.Fprintln(p.out, text)
	return err
}
