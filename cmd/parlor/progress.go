package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

const (
	progressPause = 200 * time.Millisecond // between two lines
	progressEvery = 64                     // steps between two looks at the clock
)

// progress shows on a terminal how far a long scan has come. One on anything
// else shows nothing.
type progress struct {
	w     io.Writer // nil for none
	begun time.Time
	shown time.Time
	count int
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	now := time.Now()
	return &progress{w: f, begun: now, shown: now}
}

// step counts one room.
func (p *progress) step() {
	p.count++
	if p.w == nil || p.count%progressEvery != 0 {
		return
	}
	if now := time.Now(); now.Sub(p.shown) >= progressPause {
		p.shown = now
		rate := float64(p.count) / now.Sub(p.begun).Seconds()
		fmt.Fprintf(p.w, "\r%d rooms, %.0f a second\x1b[K", p.count, rate)
	}
}

// done wipes what was shown.
func (p *progress) done() {
	if p.w != nil && p.shown != p.begun {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
