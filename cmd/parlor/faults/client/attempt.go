package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// attemptTimeout bounds one attempt to publish. It is longer than the patience
// of a node, so that what comes to pass in there is told by the node.
const attemptTimeout = 12 * time.Second

// dialTimeout bounds connecting, for publishers and subscribers.
const dialTimeout = 2 * time.Second

// maxAnswer bounds the body of an answer that is read, in bytes.
const maxAnswer = 1 << 20

// poster sends messages over connections that are kept open.
type poster struct {
	recorder *history.Recorder
	client   *http.Client
}

// newPoster makes one with up to so many connections to each node.
func newPoster(recorder *history.Recorder, connections int) *poster {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		MaxIdleConnsPerHost: connections,
		IdleConnTimeout:     30 * time.Second,
	}
	return &poster{recorder: recorder, client: &http.Client{Transport: transport}}
}

// close cuts the connections that are not in use.
func (p *poster) close() { p.client.CloseIdleConnections() }

// send makes one attempt to publish m at a node, notes it and returns it.
func (p *poster) send(ctx context.Context, node Node, m message) history.Publish {
	done := history.Publish{UUID: m.uuid, Room: m.room, Node: node.Name, Keyed: m.keyed, SHA: m.sha, Call: p.recorder.Now()}
	done.Outcome = history.Unknown
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	p.post(ctx, node, m, &done)
	done.Return = p.recorder.Now()
	p.recorder.Note(done)
	return done
}

// post sends the request and reads what became of it into done.
func (p *poster) post(ctx context.Context, node Node, m message, done *history.Publish) {
	query := url.Values{"room": {m.room}}
	if m.event != "" {
		query.Set("event", m.event)
	}
	// A plain reader, unlike one of bytes, keeps net/http from sending the request
	// again by itself: each attempt is to be one.
	body := io.MultiReader(bytes.NewReader(m.body))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+node.Address+"/broadcast?"+query.Encode(), body)
	if err != nil {
		done.Outcome, done.Code = history.Unsent, err.Error()
		return
	}
	request.ContentLength = int64(len(m.body))
	request.Header.Set("Content-Type", "application/json")
	if m.keyed {
		request.Header.Set("Idempotency-Key", m.uuid)
	}
	answer, err := p.client.Do(request)
	if err != nil {
		var network *net.OpError
		if errors.As(err, &network) && network.Op == "dial" {
			done.Outcome = history.Unsent
		}
		return
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return
	}
	readAnswer(answer.StatusCode, text, done)
}

// readAnswer says what an answer means.
func readAnswer(status int, text []byte, done *history.Publish) {
	var answer struct {
		ID        string `json:"id"`
		Replicas  string `json:"replicas"`
		Duplicate bool   `json:"duplicate"`
		Error     string `json:"error"`
		Outcome   string `json:"outcome"`
	}
	done.Status = status
	if json.Unmarshal(text, &answer) != nil {
		return
	}
	done.ID, done.Replicas, done.Duplicate, done.Code = answer.ID, answer.Replicas, answer.Duplicate, answer.Error
	switch {
	case status/100 == 2:
		done.Outcome = history.OK
	case status/100 == 4, status == http.StatusServiceUnavailable && answer.Outcome == "not_accepted":
		done.Outcome = history.Refused
	}
}
