package httpfront

import (
	"bytes"
	"context"
	"net/url"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// createRoom makes a room without a name. If no answer arrives there may be one
// that nobody knows the id of, so that to try again does no harm.
func (s *Server) createRoom(rq *request) error {
	h := &rq.ctx.Request.Header
	// A form of another site says what it is; a script has to ask first.
	if contentType := h.ContentType(); len(contentType) > 0 && !isJSON(string(contentType)) {
		return errContentType
	}
	if !isEmptyObject(rq.ctx.Request.Body()) {
		return errRoomBody
	}
	kind, err := rq.query.kind()
	if err != nil {
		return err
	}
	if rq.query.has("room") {
		return paramRefused("room", "is not for rooms without a name")
	}
	if err := s.admit(rq, toPublish, persistence.RoomKey{Kind: kind, Name: everyRoom}); err != nil {
		return err
	}
	if err := s.paceSender(rq); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
	defer cancel()
	room, err := s.rooms.Create(ctx, kind)
	if err != nil {
		return err
	}
	location := "/rooms/" + room.Name
	if kind != actors.DefaultKind {
		location += "?kind=" + url.QueryEscape(kind)
	}
	rq.ctx.SetStatusCode(fasthttp.StatusCreated)
	rq.ctx.Response.Header.Set(fasthttp.HeaderLocation, location)
	body := appendString([]byte(`{"success":true,"id":`), room.Name)
	body = appendString(append(body, `,"room":`...), room.Name)
	body = appendString(append(body, `,"kind":`...), room.Kind)
	body = appendString(append(body, `,"durableObjectId":`...), room.Name)
	rq.answerJSON(append(body, '}'))
	return nil
}

// isEmptyObject reports whether a body is an empty JSON object, or nothing.
func isEmptyObject(body []byte) bool {
	const space = " \t\r\n"
	body = bytes.Trim(body, space)
	inner, opened := bytes.CutPrefix(body, []byte{'{'})
	inner, closed := bytes.CutSuffix(inner, []byte{'}'})
	return len(body) == 0 || opened && closed && len(bytes.Trim(inner, space)) == 0
}
