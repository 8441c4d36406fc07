package sse_test

import (
	"math/big"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

// seen is what a reader observes of one event.
type seen struct {
	name, id, data string
	retry          time.Duration
	lastID         string // in force with the event
}

// observed is all that a reader observes of a stream.
type observed struct {
	events   []seen
	comments []string
	marks    []string // ids of frames without an event
	lastID   string
	retry    time.Duration
	hasRetry bool
}

// oracle reads a whole stream as the HTML standard words it, step by step and
// with no regard for cost or bounds.
func oracle(stream string) observed {
	var o observed
	stream = strings.TrimPrefix(stream, "\uFEFF")
	stream = strings.ReplaceAll(stream, "\r\n", "\n")
	stream = strings.ReplaceAll(stream, "\r", "\n")
	lines := strings.Split(stream, "\n")
	lines = lines[:len(lines)-1] // what no line end follows is never a line
	var data, name, frameID string
	var frameRetry time.Duration
	idBuffer, hasID := "", false
	for _, line := range lines {
		if line == "" {
			o.lastID = idBuffer
			if data != "" {
				o.events = append(o.events, seen{
					name: name, id: frameID, data: strings.TrimSuffix(data, "\n"),
					retry: frameRetry, lastID: o.lastID,
				})
			} else if hasID {
				o.marks = append(o.marks, frameID)
			}
			hasID = false
			data, name, frameID, frameRetry = "", "", "", 0
			continue
		}
		if strings.HasPrefix(line, ":") {
			o.comments = append(o.comments, line[1:])
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data += value + "\n"
		case "event":
			name = value
		case "id":
			if !strings.Contains(value, "\x00") {
				idBuffer, frameID, hasID = value, value, true
			}
		case "retry":
			if value != "" && strings.Trim(value, "0123456789") == "" {
				frameRetry = wideMillis(value)
				o.retry, o.hasRetry = frameRetry, true
			}
		}
	}
	return o
}

// wideMillis turns digits into a duration, the longest one if they don't fit.
func wideMillis(digits string) time.Duration {
	n, _ := new(big.Int).SetString(digits, 10)
	n.Mul(n, big.NewInt(int64(time.Millisecond)))
	if !n.IsInt64() {
		return 1<<63 - 1
	}
	return time.Duration(n.Int64())
}

// watch has what the options let one see recorded.
func (got *observed) watch(o *sse.Options) {
	o.Comment = func(text []byte) { got.comments = append(got.comments, string(text)) }
	o.Bookmark = func(id string) { got.marks = append(got.marks, id) }
}

// feed reads the stream by a Parser, in chunks of the sizes given in turn.
func feed(stream string, o sse.Options, sizes ...int) (observed, error) {
	var got observed
	got.watch(&o)
	p := sse.NewParser(o)
	emit := func(e sse.Event) {
		got.events = append(got.events, seen{e.Name, e.ID, string(e.Data), e.Retry, p.LastEventID()})
	}
	var err error
	for i := 0; len(stream) > 0 && err == nil; i++ {
		n := len(stream)
		if len(sizes) > 0 {
			n = min(n, sizes[i%len(sizes)])
		}
		chunk := []byte(stream[:n])
		err = p.Feed(chunk, emit)
		clear(chunk) // a parser that kept a reference would show it
		stream = stream[n:]
	}
	got.lastID = p.LastEventID()
	got.retry, got.hasRetry = p.Retry()
	return got, err
}
