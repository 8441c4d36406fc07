package main

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/parlor-sse/parlor/actors"
)

// Counter is a number that is raised by requests, and that listeners watch. All
// of it is in storage, so that a Counter itself holds nothing.
type Counter struct{}

// Count is how the number is told, in answers and in the event "count".
type Count struct {
	Value int64 `json:"value"`
}

// maxValue bounds the number on either side: beyond it, JavaScript's numbers
// leave some out.
const maxValue = 1<<53 - 1

// Fetch implements actors.Fetcher. It answers
//
//	GET /                  {"value":n}
//	POST /increment?by=n   the new value; by is 1 if it is left out, and may be negative
//	POST /reset            {"value":0}
//
// and tells listeners of what has changed.
func (Counter) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	var count Count
	if _, err := ctx.Storage().GetJSON("count", &count); err != nil {
		return err
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /", "HEAD /":
		return answer(w, count)
	case "POST /increment":
		by, err := step(r.URL.Query().Get("by"))
		if err != nil {
			return err
		}
		count.Value += by
	case "POST /reset":
		count.Value = 0
	default:
		return actors.Refuse(http.StatusNotFound, "not_found", "There are GET /, POST /increment and POST /reset.")
	}
	if count.Value < -maxValue || count.Value > maxValue {
		return actors.Refuse(http.StatusUnprocessableEntity, "out_of_range", "The counter can't go that far.")
	}
	if err := ctx.Storage().PutJSON("count", count); err != nil {
		return err
	}
	if err := ctx.Broadcast("count", count); err != nil {
		return err
	}
	return answer(w, count)
}

// step reads by how much to count.
func step(text string) (int64, error) {
	if text == "" {
		return 1, nil
	}
	by, err := strconv.ParseInt(text, 10, 64)
	if err != nil || by < -maxValue || by > maxValue {
		return 0, actors.Refuse(http.StatusBadRequest, "invalid_by", "by is a whole number, and none of the largest.")
	}
	return by, nil
}

func answer(w http.ResponseWriter, count Count) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(count)
}
