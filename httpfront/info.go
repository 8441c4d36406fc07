package httpfront

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// Bounds of a page of GET /rooms.
const (
	pageDefault = 100
	pageMax     = 1000
)

// timeFormat is RFC 3339 in UTC with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// appendTime appends a time as a JSON string.
func appendTime(dst []byte, t time.Time) []byte {
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, timeFormat)
	return append(dst, '"')
}

// index is the answer to GET / up to its timestamp, which changes.
type index []byte

// newIndex renders the routes that say what they are about, by their paths; the
// second and later ones of a path, by method and path.
func newIndex(version string, table []route) index {
	out := appendString([]byte(`{"name":"Parlor","version":`), version)
	out = append(out, `,"endpoints":{`...)
	seen := make(map[string]bool)
	for _, r := range table {
		if r.about == "" {
			continue
		}
		if len(seen) > 0 {
			out = append(out, ',')
		}
		name := r.pattern
		if seen[name] {
			name = r.method + " " + name
		}
		seen[name] = true
		out = append(appendString(out, name), `:{"method":`...)
		out = append(appendString(out, r.method), `,"description":`...)
		out = append(appendString(out, r.about), `,"contentType":`...)
		out = append(appendString(out, r.answers), '}')
	}
	return append(out, `},"timestamp":`...)
}

// root answers browsers with the console and everybody else with the routes.
func (s *Server) root(rq *request) error {
	rq.ctx.Response.Header.Add(fasthttp.HeaderVary, fasthttp.HeaderAccept)
	if acceptsHTML(joined(rq.ctx.Request.Header.PeekAll(fasthttp.HeaderAccept))) {
		rq.answerFile(typeHTML, consolePage)
		return nil
	}
	body := append(make([]byte, 0, len(s.index)+32), s.index...)
	rq.answerJSON(append(appendTime(body, time.Now()), '}'))
	return nil
}

// listRooms answers with a page of the rooms awake on this node.
func (s *Server) listRooms(rq *request) error {
	limit, err := rq.query.number("limit", pageMax, pageDefault)
	if err != nil {
		return err
	}
	after, err := rq.query.one("after")
	if err != nil {
		return err
	}
	if name, kind, found := strings.Cut(after, ","); after != "" && !validName(name) || found && !validName(kind) {
		return paramRefused("after", "is a room's name, and may have a comma and its kind after it")
	}
	rooms, next := s.rooms.Rooms(after, max(1, limit))
	if rooms == nil {
		rooms = []actors.RoomInfo{}
	}
	return rq.answer(struct {
		Rooms []actors.RoomInfo `json:"rooms"`
		Next  string            `json:"next"`
	}{rooms, next})
}

// room answers with what there is to know about one room.
func (s *Server) room(rq *request) error {
	room, err := rq.pathRoom()
	if err != nil {
		return err
	}
	return s.visit(rq, room, func(ctx context.Context, room persistence.RoomKey) error {
		info, err := s.rooms.Info(ctx, room)
		if err != nil {
			return err
		}
		return rq.answer(info)
	}, toListen)
}

// history answers with the messages that a room keeps, oldest first.
func (s *Server) history(rq *request) error {
	room, err := rq.pathRoom()
	if err != nil {
		return err
	}
	return s.visit(rq, room, func(ctx context.Context, room persistence.RoomKey) error {
		records, err := s.rooms.History(ctx, room)
		if err != nil {
			return err
		}
		rq.answerJSON(appendHistory(nil, room, records))
		return nil
	}, toListen)
}

func appendHistory(dst []byte, room persistence.RoomKey, records []persistence.Record) []byte {
	dst = appendString(append(dst, `{"room":`...), room.Name)
	dst = append(appendString(append(dst, `,"kind":`...), room.Kind), `,"messages":[`...)
	for i, record := range records {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRecord(dst, record)
	}
	return append(dst, "]}"...)
}

func appendRecord(dst []byte, r persistence.Record) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(r.Position.Append(dst), `","event":`...)
	event := r.Event
	if event == "" {
		event = actors.DefaultEvent
	}
	dst = append(appendString(dst, event), `,"time":`...)
	dst = append(appendTime(dst, time.UnixMilli(r.Time)), `,"data":`...)
	return append(append(dst, r.Data...), '}')
}

// members answers with the ring in force.
func (s *Server) members(rq *request) error {
	ring := s.rooms.Members()
	if ring.Members == nil {
		ring.Members = []actors.MemberInfo{}
	}
	return rq.answer(ring)
}

// health answers 200 as long as requests are answered at all.
func (s *Server) health(rq *request) error {
	rq.answerJSON(s.healthJSON())
	return nil
}

func (s *Server) healthJSON() []byte {
	stats := s.rooms.Stats()
	out := appendString([]byte(`{"status":"ok","version":`), s.cfg.Version)
	out = appendString(append(out, `,"node":`...), s.cfg.Node)
	out = append(out, `,"uptimeSeconds":`...)
	out = strconv.AppendFloat(out, time.Since(s.started).Seconds(), 'f', 3, 64)
	out = strconv.AppendInt(append(out, `,"stats":{"streams":`...), int64(stats.Streams), 10)
	out = strconv.AppendInt(append(out, `,"rooms":`...), int64(stats.Rooms), 10)
	out = strconv.AppendInt(append(out, `,"outlets":`...), int64(stats.Outlets), 10)
	return append(s.appendSinks(append(out, '}')), '}')
}

// readiness answers 503 while this node should get no new work.
func (s *Server) readiness(rq *request) error {
	if s.notReady.Load() {
		return errNotReady
	}
	rq.answerJSON(s.readyJSON())
	return nil
}

// answer answers 200 with v as JSON.
func (rq *request) answer(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	rq.answerJSON(bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}))
	return nil
}
