package main

import (
	"fmt"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// outboxDetail tells what a room stores for Kafka and the webhook to take, as
// --json prints it. It is among the room's items; what of it the history still
// keeps is not, and not counted here.
type outboxDetail struct {
	Messages int `json:"messages"`
	Hooks    int `json:"hooks"`
}

// newOutboxDetail returns nil for a room that stores nothing of that kind.
func newOutboxDetail(s *persistence.Storage) *outboxDetail {
	var d *outboxDetail
	s.Ascend("", func(it persistence.Item) bool {
		part, _ := actors.OutboxPartOf(it.Key)
		if part != actors.NoOutboxPart && d == nil {
			d = new(outboxDetail)
		}
		switch part {
		case actors.OutboxMessage:
			d.Messages++
		case actors.OutboxHook:
			d.Hooks++
		}
		return true
	})
	return d
}

// String describes the outbox to people.
func (d *outboxDetail) String() string {
	return fmt.Sprintf("%d messages, %d events", d.Messages, d.Hooks)
}

// itemName returns the key of an item as people are shown it: those of an outbox
// are no text.
func itemName(key string) string {
	switch part, number := actors.OutboxPartOf(key); part {
	case actors.OutboxNote:
		return "(outbox: how far it is)"
	case actors.OutboxMessage:
		return fmt.Sprintf("(outbox: message %d)", number)
	case actors.OutboxHook:
		return fmt.Sprintf("(outbox: event of turn %d)", number)
	}
	return key
}
