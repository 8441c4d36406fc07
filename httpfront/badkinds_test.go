package httpfront_test

import (
	"strings"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// idOf returns the object id of the room with that name.
func idOf(kind, name string) string { return persistence.RoomKey{Kind: kind, Name: name}.ObjectID() }

// badKinds are requests for kinds, and for object ids, that there can't be.
func badKinds() []badInput {
	forged := idOf("room", "known")
	forged = forged[:63] + string("0123456789abcdef"[(strings.IndexByte("0123456789abcdef", forged[63])+1)%16])
	var cases []badInput
	for name, at := range map[string]func(query string) string{
		"connect":   func(q string) string { return get("/connect?"+q, "") },
		"events":    func(q string) string { return get("/events?"+q, "") },
		"broadcast": func(q string) string { return post("/broadcast?"+q, "", "{}") },
		"room":      func(q string) string { return get(inPath(q, ""), "") },
		"history":   func(q string) string { return get(inPath(q, "/history"), "") },
		"fetch":     func(q string) string { return get(inPath(q, "/fetch"), "") },
		"fetch on":  func(q string) string { return post(inPath(q, "/fetch/a/b"), "", "{}") },
	} {
		for _, tc := range []struct {
			query, code string
			status      int
		}{
			{"room=a&kind=chess", "unknown_kind", 404},
			{"room=a&kind=a%20b", "invalid_kind", 400},
			{"room=a&kind=%C3%A9", "invalid_kind", 400},
			{"room=a&kind=" + strings.Repeat("k", 65), "invalid_kind", 400},
			{"room=a&kind=room&kind=room", "invalid_parameter", 400},
			{"room=" + strings.Repeat("0", 64), "invalid_object_id", 400},
			{"room=" + forged, "invalid_object_id", 400},
			{"room=" + idOf(otherKind, "known"), "invalid_object_id", 400},
			{"room=" + idOf("room", "known") + "&kind=counter", "invalid_object_id", 400},
			{"room=" + strings.ToUpper(idOf("room", "known")), "invalid_object_id", 400},
			{"room=" + idOf("room", "known") + "&kind=chess", "invalid_object_id", 400},
		} {
			cases = append(cases, badInput{name + " " + clip(tc.query), at(tc.query), tc.status, tc.code, false})
		}
	}
	return cases
}

// inPath moves the room of a query that begins with it into a path.
func inPath(query, suffix string) string {
	room, left, _ := strings.Cut(strings.TrimPrefix(query, "room="), "&")
	return "/rooms/" + room + suffix + "?" + left
}

func badNewRooms() []badInput {
	var cases []badInput
	add := func(name, raw string, status int, code string) {
		cases = append(cases, badInput{name, raw, status, code, false})
	}
	add("kind", post("/rooms?kind=chess", "", ""), 404, "unknown_kind")
	add("malformed kind", post("/rooms?kind=%00", "", ""), 400, "invalid_kind")
	add("name", post("/rooms?room=a", "", ""), 400, "invalid_parameter")
	add("form", "POST /rooms HTTP/1.1\r\n"+host+"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n", 415, "unsupported_media_type")
	for _, body := range []string{`{"a":1}`, "[]", "null", "{", "}", "{}{}", "{} x", "\v{}", `{"timestamp":null}`} {
		add("body "+body, post("/rooms", "", body), 400, "unexpected_body")
	}
	return append(cases, badInput{"big", post("/rooms", "", strings.Repeat(" ", 65537)), 413, "body_too_large", true})
}

func badFetches() []badInput {
	var cases []badInput
	add := func(name, raw string, status int, code string) {
		cases = append(cases, badInput{name, raw, status, code, false})
	}
	for _, p := range []string{"%zz", "a%", "a%4", "%ff", "a#b", "\xff", "%C3"} {
		add("path "+p, get("/rooms/a/fetch/"+p, ""), 400, "invalid_path")
	}
	for _, q := range []string{"a=%zz", "a=\xff", "a#b"} {
		add("query "+q, get("/rooms/a/fetch?"+q, ""), 400, "invalid_query")
	}
	for _, p := range []string{"/rooms/a/fetchx", "/rooms/a/Fetch/", "/rooms//fetch/", "/rooms/fetch/a/b", "/rooms/a/b/fetch/", "/rooms/a/history/fetch"} {
		add("path "+p, get(p, ""), 404, "not_found")
	}
	for _, room := range []string{"%zz", "a%2Fb", "a%20b", strings.Repeat("a", 129)} {
		add("room "+clip(room), get("/rooms/"+room+"/fetch/", ""), 400, "invalid_room")
	}
	for _, method := range []string{"TRACE", "PROPFIND", "QUERY", "get"} {
		add("method "+method, method+" /rooms/a/fetch/ HTTP/1.1\r\n"+host+"\r\n", 405, "method_not_allowed")
	}
	add("empty key", post("/rooms/a/fetch/", "Idempotency-Key:\r\n", ""), 400, "invalid_idempotency_key")
	add("two keys", post("/rooms/a/fetch/", "Idempotency-Key: a\r\nIdempotency-Key: a\r\n", ""), 400, "invalid_idempotency_key")
	tooBig := strings.Repeat("a", actors.MaxBody+1)
	return append(cases,
		badInput{"too big", post("/rooms/a/fetch/", "", tooBig), 413, "body_too_large", true},
		badInput{"too big for another route", post("/broadcast", "", tooBig[:actors.MaxBody]), 413, "body_too_large", true},
		badInput{"65 headers", get("/rooms/a/fetch/", strings.Repeat("X: y\r\n", 64)), 431, "head_too_large", true},
	)
}
