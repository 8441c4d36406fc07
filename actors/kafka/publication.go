package kafka

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/object"
	"github.com/parlor-sse/parlor/actors/sse"
)

// poison is why a record can't be published, ever: a metric's label.
type poison string

// Reasons for which records are passed over.
const (
	poisonRoom    poison = "bad_room"  // the room is not a room name
	poisonEmpty   poison = "empty"     // there is no value
	poisonSize    poison = "too_large" // the value is larger than a message may be
	poisonText    poison = "not_utf8"  // the value is not text
	poisonJSON    poison = "bad_json"  // the value is JSON that parsers may read differently
	poisonRefused poison = "refused"   // the room's behaviour, or the room, does not take it
	poisonFailed  poison = "failed"    // the room's code fails each time
)

// Error implements error.
func (p poison) Error() string { return "record can't be published: " + string(p) }

// maxValue bounds a record's value, in bytes, as a message's body is bounded.
const maxValue = actors.MaxBroadcast

// publicationOf returns a record of a source as what is to be published, or a poison.
// It shares no bytes with the record.
func publicationOf(source string, r *kgo.Record) (actors.Publication, error) {
	p := actors.Publication{
		Key:    shortened(fmt.Sprintf("%s-%d-%d", r.Topic, r.Partition, r.Offset)),
		Source: source, Offset: uint64(r.Offset),
	}
	name, event := placeOf(r)
	var err error
	if p.Room, err = actors.ParseRoom(name); err != nil {
		return p, poisonRoom
	}
	if sse.ValidName(event) && !sse.Reserved(event) {
		p.Event = event
	}
	p.Body, p.Stamped, err = bodyOf(r.Value)
	return p, err
}

// sourceOf names a partition. A topic that is made anew under the same name begins at
// the same offsets with other records, so it is named by its id, unless the brokers are
// so old that they give none.
func sourceOf(topic string, id [16]byte, partition int32) string {
	if id != [16]byte{} {
		topic = hex.EncodeToString(id[:])
	}
	return shortened(fmt.Sprintf("%s-%d", topic, partition))
}

// shortened returns as much of a name's end as keys may have: it is what tells places
// apart.
func shortened(name string) string { return name[max(0, len(name)-actors.MaxKeyLen):] }

// placeOf returns the room and the event that a record names.
func placeOf(r *kgo.Record) (room, event string) {
	room = string(r.Key)
	if room == "" {
		room = actors.DefaultRoom
	}
	for _, h := range r.Headers {
		switch h.Key {
		case HeaderRoom:
			room = string(h.Value)
		case HeaderEvent:
			event = string(h.Value)
		}
	}
	return room, event
}

// bodyOf returns a value as the body of a message: an object as it is, and
// anything else as the message of one.
func bodyOf(value []byte) (body []byte, stamped bool, err error) {
	switch {
	case len(value) == 0:
		return nil, false, poisonEmpty
	case len(value) > maxValue:
		return nil, false, poisonSize
	case !utf8.Valid(value):
		return nil, false, poisonText
	}
	if body, stamped, err = object.Parse(value); err == nil {
		return body, stamped, nil
	}
	switch {
	case !json.Valid(value):
		value = quote(value)
	case bytes.TrimSpace(value)[0] == '{': // an object that object.Parse refuses
		return nil, false, poisonJSON
	}
	wrapped := append([]byte(`{"message":`), value...)
	if body, stamped, err = object.Parse(append(wrapped, '}')); err != nil {
		return nil, false, poisonJSON
	}
	if len(body) > maxValue {
		return nil, false, poisonSize
	}
	return body, stamped, nil
}

// quote returns UTF-8 as a JSON string.
func quote(text []byte) []byte {
	quoted, _ := jsontext.AppendQuote(nil, text) // it fails on what is not UTF-8 alone
	return quoted
}
