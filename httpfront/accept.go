package httpfront

import (
	"strings"
)

// acceptsStream reports whether an Accept header lets text/event-stream
// through. The most specific range that matches decides; q=0 excludes. No
// header accepts everything.
func acceptsStream(accept string) bool {
	if strings.TrimSpace(accept) == "" {
		return true
	}
	best, ok := -1, false
	for _, part := range strings.Split(accept, ",") {
		rng, params, _ := strings.Cut(part, ";")
		specific := -1
		switch strings.ToLower(strings.TrimSpace(rng)) {
		case "text/event-stream":
			specific = 2
		case "text/*":
			specific = 1
		case "*/*", "*": // a lone star is what some old clients send
			specific = 0
		}
		if specific > best {
			best, ok = specific, !excluded(params)
		}
	}
	return ok
}

// acceptsHTML reports whether an Accept header asks for HTML by name, as
// browsers that open a page do and other clients don't.
func acceptsHTML(accept string) bool {
	return strings.Contains(strings.ToLower(accept), "text/html")
}

// excluded reports whether a media range's parameters hold a weight of zero.
func excluded(params string) bool {
	for _, p := range strings.Split(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			value = strings.TrimSpace(value)
			return value != "" && strings.Trim(value, "0.") == ""
		}
	}
	return false
}

// isJSON reports whether a Content-Type is application/json, with any
// parameters.
func isJSON(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), typeJSON)
}
