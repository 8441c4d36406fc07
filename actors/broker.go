package actors

import "time"

// broker is the behaviour of the default kind: it passes messages as they are,
// and tells those who listen, from time to time, that the room is there.
type broker struct{}

// brokerUpdate is what a broker's listeners are told.
type brokerUpdate struct {
	Timestamp       string `json:"timestamp"`
	ConnectionCount int    `json:"connectionCount"`
	DurableObjectID string `json:"durableObjectId"`
}

// Update implements Updater.
func (broker) Update(ctx *Context) (any, error) {
	return brokerUpdate{
		Timestamp:       Timestamp(time.Now()),
		ConnectionCount: ctx.Listeners(),
		DurableObjectID: ctx.ID(),
	}, nil
}

// Timestamp returns a time as events carry it: RFC 3339 in UTC, with
// milliseconds.
func Timestamp(t time.Time) string { return string(appendTime(nil, t.UnixMilli())) }
