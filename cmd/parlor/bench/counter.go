package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// counterWait bounds one publish of a counter, answer included.
const counterWait = 15 * time.Second

// counter publishes numbers at intervals, to one node after the other.
type counter struct {
	opt    options
	room   traffic.Rooms
	clock  traffic.Clock
	client *http.Client

	// Owned by run; to be read when it has returned.
	accepted int
	failed   int
	err      error // of the last that failed
}

func newCounter(opt options, room traffic.Rooms) (*counter, error) {
	clock, err := traffic.NewClock()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 1}
	return &counter{opt: opt, room: room, clock: clock, client: &http.Client{Timeout: counterWait, Transport: transport}}, nil
}

// run publishes until ctx ends, the first number at once.
func (c *counter) run(ctx context.Context) {
	defer c.client.CloseIdleConnections()
	tick := time.NewTicker(interval(c.opt.rate))
	defer tick.Stop()
	for n := uint32(0); ; n++ {
		err := c.publish(ctx, n)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.failed, c.err = c.failed+1, err
		default:
			c.accepted++
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// interval is the time between two of so many a second.
func interval(rate float64) time.Duration { return time.Duration(float64(time.Second) / rate) }

func (c *counter) publish(ctx context.Context, n uint32) error {
	node := c.opt.nodes[int(n)%len(c.opt.nodes)]
	body := traffic.AppendMessage(nil, traffic.Message{N: n, Sent: c.clock.Now()}, c.opt.size)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+node.Host+c.room.Path(publishPath, 0), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.opt.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.opt.token)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %.200s", node.Host, response.Status, answer)
	}
	return err
}
