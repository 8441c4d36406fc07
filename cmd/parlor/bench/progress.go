package bench

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows on a terminal what is being measured. Elsewhere it shows
// nothing: logs do not want it.
type progress struct {
	w io.Writer // nil if it is not a terminal

	// Static after begin.
	begun time.Time
	total time.Duration // that everything will take, roughly
	steps int

	mu      sync.Mutex
	current string // guarded by mu

	stop    chan struct{}
	stopped sync.WaitGroup
}

func newProgress(w io.Writer) *progress {
	p := &progress{stop: make(chan struct{})}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.w = w
	}
	return p
}

// begin starts to show the plan's progress, until end.
func (p *progress) begin(steps []step) {
	if p.w == nil {
		return
	}
	p.begun = time.Now()
	for _, s := range steps {
		p.total += s.planned
	}
	p.steps = len(steps)
	p.stopped.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				fmt.Fprint(p.w, "\r\x1b[K")
				return
			case <-tick.C:
				p.show()
			}
		}
	})
}

// step shows step i.
func (p *progress) step(i int, s step) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	p.current = fmt.Sprintf("[%d/%d] %s", i+1, p.steps, s.title)
	p.mu.Unlock()
	p.show()
}

// show writes the line anew.
func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := time.Since(p.begun).Round(time.Second)
	fmt.Fprintf(p.w, "\r\x1b[K%s  %v of about %v", p.current, elapsed, max(p.total, elapsed).Round(time.Second))
}

// end stops showing.
func (p *progress) end() {
	close(p.stop)
	p.stopped.Wait()
}
