package bulk_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parlor-sse/parlor/actors/bulk"
)

// TestRate wants messages to take the time that the rate says, no more and no
// less, however many are under way.
func TestRate(t *testing.T) {
	for _, tt := range []struct {
		name                       string
		receivers, messages, parts int
		rate                       int // parts a second
		jitter                     time.Duration
	}{
		{"one", 1, 1, 40, 4, 0},
		{"two in turn", 1, 2, 20, 4, 0},
		{"some wait", 1, 8, 5, 4, 0},
		{"parts within a pulse", 1, 1, 60, 40, 0},
		{"longer than anybody's patience", 1, 1, 80, 8, 0},
		{"rarely each", 8, 32, 2, 4, 0}, // eight seconds pass between two parts of a message
		{"rarely each, and slowly", 8, 32, 2, 4, 200 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := open(t, 1+tt.receivers, func(c *bulk.Config) { c.Rate = tt.rate * chunk })
				net.jitter = tt.jitter
				a := net.nodes["a"]
				for i := range tt.messages {
					to := string(rune('b' + i%tt.receivers))
					a.Carry(to, room(fmt.Sprint(i)), message(uint64(i), tt.parts*chunk))
				}
				total := tt.messages * tt.parts
				due := time.Duration(total) * time.Second / time.Duration(tt.rate)
				time.Sleep(due - time.Second/2)
				if done := a.metric("carried_total"); done == float64(tt.messages) {
					t.Error("faster than the rate")
				}
				time.Sleep(time.Second)
				a.expect(map[string]float64{
					"carried_total": float64(tt.messages), "given_up_total": 0, "sent_bytes_total": float64(total * chunk),
					"ignored_total,malformed": 0,
				})
				net.idle()
			})
		})
	}
}
