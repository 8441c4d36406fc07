package main

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parlor-sse/parlor/httpfront/sseclients"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

// event is what a request asks to send.
type event struct {
	Event string         `json:"event"`
	Data  jsontext.Value `json:"data"`
}

// What is wrong with a request that has no event.
var (
	errContentType = sseclients.Refusal{Status: 415, Code: "unsupported_media_type", Message: "The body has to be application/json, and say so."}
	errTooLarge    = sseclients.Refusal{Status: 413, Code: "body_too_large", Message: "The body is larger than 64 KiB."}
	errRead        = sseclients.Refusal{Status: 400, Code: "bad_request", Message: "The body did not arrive."}
	errJSON        = sseclients.Refusal{Status: 400, Code: "invalid_json", Message: `The body has to be one JSON object: {"event":"name","data":any}, each key once and no other.`}
	errNoData      = sseclients.Refusal{Status: 400, Code: "missing_data", Message: "The body has no data; null is data as well."}
)

// readEvent reads the event in a request's body. What is asked of its name, the
// manager knows.
func readEvent(w http.ResponseWriter, r *http.Request) (event, error) {
	var e event
	// A form that a page from elsewhere sends unasked can't have this type.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return e, errContentType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return e, errTooLarge
	case err != nil:
		return e, errRead
	}
	if err := json.Unmarshal(body, &e, json.RejectUnknownMembers(true)); err != nil {
		return e, errJSON
	}
	if e.Data == nil {
		return e, errNoData
	}
	return e, nil
}
