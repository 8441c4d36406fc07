package main

import (
	"encoding/json"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
)

// Chat is a room where people talk. Somebody is there who has a stream open under
// a name, the stream's client id: one stream or several, as with several tabs. A
// name is whoever says it: nobody signs in. Streams without a name are guests,
// who listen.
//
// A Chat itself holds nothing: who is there is known to the runtime, and what was
// said is in storage.
type Chat struct{}

// Connect implements actors.Connecter: it tells everybody of who is new, and who
// is new of everybody.
func (Chat) Connect(ctx *actors.Context, s actors.Subscriber) error {
	if s.Client == "" {
		return nil
	}
	if streamsOf(ctx, s.Client) == 1 {
		if err := ctx.Broadcast("joined", Person{s.Client}); err != nil {
			return err
		}
	}
	return ctx.SendTo(s.Client, "people", presence(ctx))
}

// Disconnect implements actors.Disconnecter: it tells everybody of who has closed
// the last stream.
func (Chat) Disconnect(ctx *actors.Context, s actors.Subscriber) error {
	if s.Client == "" || streamsOf(ctx, s.Client) > 0 {
		return nil
	}
	return ctx.Broadcast("left", Person{s.Client})
}

// Publish implements actors.Publisher: it takes what somebody says, or says why
// not. Whatever event the publisher has asked for, listeners get "said", so that
// nobody can make others join or leave.
func (Chat) Publish(ctx *actors.Context, m *actors.Message) error {
	if m.Client != "" {
		return refuse("no_whispers", "What is said here is for all: leave out client.")
	}
	said, err := parse(m.Data)
	if err != nil {
		return err
	}
	if err := said.keep(ctx.Storage()); err != nil {
		return err
	}
	m.Event, m.Answer = "said", map[string]int{"n": said.N}
	m.Data, err = json.Marshal(said)
	return err
}

// Fetch implements actors.Fetcher. It answers
//
//	GET /people     who is there
//	GET /messages   what was said last, oldest first
func (Chat) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	var answer any
	switch r.Method + " " + r.URL.Path {
	case "GET /people", "HEAD /people":
		answer = presence(ctx)
	case "GET /messages", "HEAD /messages":
		messages, err := kept(ctx.Storage())
		if err != nil {
			return err
		}
		answer = map[string]any{"messages": messages}
	default:
		return actors.Refuse(http.StatusNotFound, "not_found", "There are GET /people and GET /messages.")
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(answer)
}

// refuse says what is wrong with a message.
func refuse(code, message string) error {
	return actors.Refuse(http.StatusUnprocessableEntity, code, message)
}
