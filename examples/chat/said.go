package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parlor-sse/parlor/actors"
)

// Bounds of what is said.
const (
	maxMessage = 500 // characters
	keeps      = 100 // messages a room
)

// Said is a message as it is stored and told.
type Said struct {
	N         int    `json:"n"`    // its number in the room, from 1, without holes
	From      string `json:"from"` // who says to be the speaker
	Message   string `json:"message"`
	Timestamp string `json:"timestamp"`
}

// parse reads what a publisher sends, {"from":…,"message":…}, or refuses it.
func parse(data []byte) (Said, error) {
	var s Said
	if err := json.Unmarshal(data, &s); err != nil {
		return s, refuse("invalid_message", `Send {"from":"a name","message":"some text"}.`)
	}
	if _, err := actors.ParseRoom(s.From); err != nil { // names of clients are spelled as those of rooms
		return s, refuse("invalid_name", "from is a name: 1 to 128 of the characters A-Z a-z 0-9 . _ : ~ @ -")
	}
	s.Message = strings.TrimSpace(s.Message)
	switch n := utf8.RuneCountInString(s.Message); {
	case n == 0:
		return s, refuse("empty_message", "There is nothing in this message.")
	case n > maxMessage:
		return s, refuse("message_too_long", fmt.Sprintf("This message has %d characters: %d is the most.", n, maxMessage))
	}
	s.Timestamp = actors.Timestamp(time.Now())
	return s, nil
}

// Messages are stored under their numbers, so that List has them in order; the
// newest number has a key of its own.
const (
	newestKey     = "newest"
	messagePrefix = "message/"
)

func messageKey(n int) string { return fmt.Sprintf(messagePrefix+"%012d", n) }

// keep numbers the message and stores it in place of the one that is no longer
// among the newest.
func (s *Said) keep(storage *actors.Storage) error {
	var newest int
	if _, err := storage.GetJSON(newestKey, &newest); err != nil {
		return err
	}
	s.N = newest + 1
	if err := storage.PutJSON(newestKey, s.N); err != nil {
		return err
	}
	if err := storage.PutJSON(messageKey(s.N), s); err != nil {
		return err
	}
	_, err := storage.Delete(messageKey(s.N - keeps))
	return err
}

// kept returns the messages that the room keeps, oldest first.
func kept(storage *actors.Storage) ([]json.RawMessage, error) {
	items, err := storage.List(actors.ListOptions{Prefix: messagePrefix})
	messages := make([]json.RawMessage, 0, len(items))
	for _, item := range items {
		messages = append(messages, item.Value)
	}
	return messages, err
}
