package proctest

import (
	"bytes"
	"strings"
	"sync"
)

// Output collects what is written to it. Any number of goroutines may use it. The
// zero value is ready.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String returns all that was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Lines returns the complete lines.
func (o *Output) Lines() []string {
	text := o.String()
	text = text[:strings.LastIndexByte(text, '\n')+1]
	return strings.Split(text, "\n")[:strings.Count(text, "\n")]
}
