package httpfront

import (
	"context"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/sse"
)

// broadcast publishes the body to a room and answers when it is committed.
func (s *Server) broadcast(rq *request) error {
	p, err := publication(rq)
	if err != nil {
		return err
	}
	if err := s.admit(rq, toPublish, p.Room); err != nil {
		return err
	}
	if err := s.paceSender(rq); err != nil {
		return err
	}
	if p.Body, p.Stamped, err = parseBody(rq.ctx.Request.Body()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
	defer cancel()
	if p.Room, err = s.locate(ctx, p.Room); err != nil {
		return attemptError{err: err}
	}
	if err := s.paceRoom(p.Room); err != nil {
		return err
	}
	receipt, err := s.rooms.Publish(ctx, p)
	if err != nil {
		return attemptError{err: err, keyed: p.Key != ""}
	}
	rq.answerJSON(appendReceipt(make([]byte, 0, len(receipt.Data)+len(receipt.Answer)+256), p.Room.Name, receipt))
	return nil
}

// publication reads what shall be published from the request, except for the
// body, which costs more than it is worth if nothing comes of it.
func publication(rq *request) (actors.Publication, error) {
	var p actors.Publication
	h := &rq.ctx.Request.Header
	if !isJSON(string(h.ContentType())) {
		return p, errContentType
	}
	if enc := h.Peek(fasthttp.HeaderContentEncoding); len(enc) > 0 && !strings.EqualFold(string(enc), "identity") {
		return p, errEncoding
	}
	if err := checkPublishParams(rq.query); err != nil {
		return p, err
	}
	var err error
	if p.Room, err = rq.query.room(); err != nil {
		return p, err
	}
	if p.Event, err = eventName(rq.query); err != nil {
		return p, err
	}
	if p.Client, err = rq.query.client(); err != nil {
		return p, err
	}
	if p.User, err = rq.query.user(); err != nil {
		return p, err
	}
	p.Key, err = idempotencyKey(h)
	return p, err
}

// checkPublishParams refuses parameters that would not do what they seem to:
// ids and reconnection times are the server's to give, and what was meant for
// one user must not go to all.
func checkPublishParams(q query) error {
	for _, name := range []string{"id", "retry"} {
		if q.has(name) {
			return paramRefused(name, "can't be set by a publisher")
		}
	}
	for _, name := range []string{"client", "user"} {
		if value, err := q.one(name); err == nil && value == "" && q.has(name) {
			return paramRefused(name, "must not be empty: to publish to all, leave it out")
		}
	}
	if q.has("client") && q.has("user") {
		return paramRefused("user", "can't be given together with client")
	}
	return nil
}

// eventName returns the event name that the publisher chose, or "".
func eventName(q query) (string, error) {
	name, err := q.one("event")
	switch {
	case err != nil || name == "":
		return "", err
	case !sse.ValidName(name):
		return "", errEvent
	case sse.Reserved(name):
		return "", errReservedEvent
	}
	return strings.Clone(name), nil
}

// idempotencyKey returns the request's key, or "" if it has none.
func idempotencyKey(h *fasthttp.RequestHeader) (string, error) {
	values := h.PeekAll(headerIdemKey)
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	if len(values) > 1 || len(key) == 0 || len(key) > actors.MaxKeyLen {
		return "", errKey
	}
	for _, c := range key {
		if c <= ' ' || c >= 0x7f {
			return "", errKey
		}
	}
	return string(key), nil
}

// appendReceipt appends the answer to a publish. A targeted message has no id,
// since it has no place in the room's order; nor has one that the room dropped.
func appendReceipt(dst []byte, room string, r actors.Receipt) []byte {
	dst = append(dst, `{"success":true,"message":"Broadcast received successfully","data":`...)
	dst = appendJSON(dst, r.Data)
	dst = append(dst, `,"id":`...)
	if r.ID.Seq == 0 || r.Dropped {
		dst = append(dst, "null"...)
	} else {
		dst = append(dst, '"')
		dst = r.ID.Append(dst)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"room":`...)
	dst = appendString(dst, room)
	dst = append(dst, `,"durability":`...)
	dst = appendString(dst, r.Durability)
	dst = append(dst, `,"replicas":"`...)
	dst = strconv.AppendInt(dst, int64(r.Copies), 10)
	dst = append(dst, '/')
	dst = strconv.AppendInt(dst, int64(r.Of), 10)
	dst = append(dst, `","subscribers":`...)
	dst = strconv.AppendInt(dst, int64(r.Subscribers), 10)
	dst = append(dst, `,"duplicate":`...)
	dst = strconv.AppendBool(dst, r.Duplicate)
	if r.Dropped {
		dst = append(dst, `,"dropped":true`...)
	}
	if r.Answer != nil {
		dst = appendJSON(append(dst, `,"answer":`...), r.Answer)
	}
	return append(dst, '}')
}

// appendJSON appends a JSON value, where none is null.
func appendJSON(dst, value []byte) []byte {
	if len(value) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, value...)
}

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}
