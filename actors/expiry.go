package actors

import (
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

// expiryNotice renders what a stream is told of the end of its token: ahead of
// it, and at it. It is the stream's own affair, so no framing wraps it.
func expiryNotice(end time.Time, left time.Duration) []byte {
	at := string(appendTime(nil, end.UnixMilli()))
	if left > 0 {
		data := mustJSON(struct {
			ExpiresAt   string `json:"expiresAt"`
			SecondsLeft int    `json:"secondsLeft"`
		}{at, int((left + time.Second - 1) / time.Second)})
		return sse.AppendEvent(nil, sse.Event{Name: "token-expiring", Data: data})
	}
	data := mustJSON(struct {
		ExpiredAt string `json:"expiredAt"`
	}{at})
	return sse.AppendEvent(nil, sse.Event{Name: "token-expired", Data: data, Retry: jitter()})
}
