package main

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// kindName is the name of the kind of rooms that are streams of numbers.
const kindName = "numbers"

// streams returns the kind. A room counts the interval from the first who
// listens, and stops with the last.
func streams(every time.Duration) actors.Kind {
	return actors.Kind{
		Name:    kindName,
		New:     func() any { return stream{} },
		Update:  every,
		Unnamed: true, // so that onmessage gets the numbers
		Storage: 1 << 10,
	}
}

// stream is the behaviour of such a room.
type stream struct{}

// number is what a stream says. The order of the fields is that of the JSON.
type number struct {
	Number    int    `json:"number"` // leastNumber to mostNumber
	Timestamp string `json:"timestamp"`
	ID        string `json:"id"` // of the stream, as clients write it
}

const (
	leastNumber = 1
	mostNumber  = 1000
)

// Update implements actors.Updater. A room that was reached in another way than
// by /sse/ may not know what its clients call it, and says nothing.
func (stream) Update(ctx *actors.Context) (any, error) {
	id, ok := idOf(ctx)
	if !ok {
		return nil, nil
	}
	n := draw(id, time.Now())
	ctx.Logger().Info("number", "number", n.Number, "stream", id)
	return n, nil
}

// draw returns the number that a stream says next.
func draw(id string, now time.Time) number {
	return number{Number: leastNumber + rand.IntN(mostNumber-leastNumber+1), Timestamp: stamp(now), ID: id}
}

// stamp returns a time as JavaScript writes one.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Publish implements actors.Publisher: nobody but the room itself says numbers.
func (stream) Publish(*actors.Context, *actors.Message) error {
	return actors.Refuse(http.StatusForbidden, "not_publishable", "A stream of numbers takes no messages.")
}
