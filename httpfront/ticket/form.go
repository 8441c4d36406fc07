package ticket

import (
	"encoding/json"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// request is what the room of a ticket is asked.
type request struct {
	Digest string `json:"digest"`           // SHA-256 of the ticket, in hexadecimal
	Claims *form  `json:"claims,omitempty"` // what a new one stands for
}

// form is how claims are written, so that they are read at another node as they
// were. The payload is text of its own, which keeps its bytes as they were signed,
// and not in base64, in which it would be on disk as a part of the token.
type form struct {
	Subject   string    `json:"subject,omitempty"`
	Expires   time.Time `json:"expires"`
	Token     []byte    `json:"token"`
	Subscribe []string  `json:"subscribe"`
	Publish   []string  `json:"publish"`
	Kinds     []string  `json:"kinds"`
	Presence  bool      `json:"presence,omitempty"`
	Payload   string    `json:"payload"`
}

func formOf(c *auth.Claims) *form {
	return &form{
		Subject: c.Subject, Expires: c.Expires, Token: c.Token[:],
		Subscribe: c.Subscribe, Publish: c.Publish, Kinds: c.Kinds, Presence: c.Presence,
		Payload: string(c.Payload),
	}
}

func (f *form) claims() *auth.Claims {
	c := &auth.Claims{
		Subject: f.Subject, Expires: f.Expires,
		Subscribe: f.Subscribe, Publish: f.Publish, Kinds: f.Kinds, Presence: f.Presence,
		Payload: json.RawMessage(f.Payload),
	}
	copy(c.Token[:], f.Token)
	return c
}

// stored is what a room keeps of a ticket.
type stored struct {
	Deadline int64 `json:"deadline"` // Unix milliseconds from which it is late
	Claims   *form `json:"claims"`
}
