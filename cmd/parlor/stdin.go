package main

import (
	"context"
	"errors"
	"io"
)

// interruptible is a reader of what may never come, such as standard input: its
// Read fails once ctx has ended. The one that is under way then goes on, and what
// it yields is lost.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader. It is for one goroutine at a time.
func (i interruptible) Read(p []byte) (int, error) {
	errInterrupted := errors.New("interrupted")
	if i.ctx.Err() != nil {
		return 0, errInterrupted
	}
	type outcome struct {
		bytes []byte
		err   error
	}
	came := make(chan outcome, 1)
	own := make([]byte, len(p)) // p is the caller's again when this returns
	go func() {
		n, err := i.r.Read(own)
		came <- outcome{own[:n], err}
	}()
	select {
	case o := <-came:
		return copy(p, o.bytes), o.err
	case <-i.ctx.Done():
		return 0, errInterrupted
	}
}
