package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// ErrGone says that the directed process does not answer any more.
var ErrGone = errors.New("the process does not answer")

// Caller sends requests to a process that runs Serve.
type Caller struct {
	mu      sync.Mutex // held for a whole call: replies carry no names
	encoder *json.Encoder
	replies chan reply // closed when the process's output ends
	broken  bool       // a call was given up: its reply may still come
}

// NewCaller writes requests to out and reads replies from in. It reads until in
// ends, as the end of the process makes it do.
func NewCaller(out io.Writer, in io.Reader) *Caller {
	c := &Caller{encoder: json.NewEncoder(out), replies: make(chan reply, 1)}
	go func() {
		defer close(c.replies)
		decoder := json.NewDecoder(in)
		for {
			var r reply
			if decoder.Decode(&r) != nil {
				return
			}
			c.replies <- r
		}
	}()
	return c
}

// Call performs one operation in the other process and decodes what it gives
// into result, which may be nil. A call given up because ctx ended leaves the
// Caller unusable.
func (c *Caller) Call(ctx context.Context, op string, args, result any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return fmt.Errorf("%s: %w", op, ErrGone)
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("%s: encode arguments: %w", op, err)
	}
	if err := c.encoder.Encode(request{Op: op, Args: raw}); err != nil {
		c.broken = true
		return fmt.Errorf("%s: %w: %w", op, ErrGone, err)
	}
	select {
	case <-ctx.Done():
		c.broken = true
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	case r, ok := <-c.replies:
		if !ok {
			c.broken = true
			return fmt.Errorf("%s: %w", op, ErrGone)
		}
		return r.decode(op, result)
	}
}

// decode is the outcome that the reply tells.
func (r reply) decode(op string, result any) error {
	if r.Error != "" {
		return fmt.Errorf("%s: %s", op, r.Error)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(r.Result, result); err != nil {
		return fmt.Errorf("%s: decode result: %w", op, err)
	}
	return nil
}
