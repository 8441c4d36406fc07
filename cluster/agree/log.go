package agree

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// raftLog hands Raft's log lines to slog, at lower levels: most of what Raft
// complains of is a peer that does not answer, and gossip tells that better. The
// same line comes at most once in repeatAfter.
type raftLog struct {
	out   *slog.Logger
	name  string
	args  []any
	quiet *repeats
	muted *atomic.Bool // while closing, when everything breaks
}

var _ hclog.Logger = (*raftLog)(nil)

func newRaftLog(out *slog.Logger) *raftLog {
	return &raftLog{out: out, quiet: &repeats{last: map[string]time.Time{}}, muted: new(atomic.Bool)}
}

// repeats knows when lines were last written.
type repeats struct {
	mu   sync.Mutex
	last map[string]time.Time // Guarded by mu
}

const (
	repeatAfter = 30 * time.Second
	maxRepeats  = 256 // lines remembered
)

// due reports whether the line may be written now.
func (r *repeats) due(line string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if at, ok := r.last[line]; ok && now.Sub(at) < repeatAfter {
		return false
	}
	if len(r.last) >= maxRepeats {
		clear(r.last)
	}
	r.last[line] = now
	return true
}

func slogLevel(l hclog.Level) slog.Level {
	if l >= hclog.Error {
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

func (l *raftLog) Log(level hclog.Level, msg string, args ...any) {
	to := slogLevel(level)
	if level <= hclog.Debug || l.muted.Load() || !l.out.Enabled(context.Background(), to) {
		return
	}
	if level >= hclog.Warn && !l.quiet.due(msg) {
		return
	}
	l.out.Log(context.Background(), to, "raft: "+msg, attrs(slices.Concat(l.args, args))...)
}

// attrs turns hclog's lazily formatted values into strings.
func attrs(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case hclog.Format:
			if len(v) > 0 {
				args[i] = fmt.Sprintf(fmt.Sprint(v[0]), v[1:]...)
			}
		case fmt.Stringer:
			args[i] = v.String()
		}
	}
	return args
}

func (l *raftLog) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }
func (l *raftLog) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }
func (l *raftLog) Info(msg string, args ...any)  { l.Log(hclog.Info, msg, args...) }
func (l *raftLog) Warn(msg string, args ...any)  { l.Log(hclog.Warn, msg, args...) }
func (l *raftLog) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }

func (l *raftLog) IsTrace() bool { return false }
func (l *raftLog) IsDebug() bool { return false }
func (l *raftLog) IsInfo() bool  { return true }
func (l *raftLog) IsWarn() bool  { return true }
func (l *raftLog) IsError() bool { return true }

func (l *raftLog) ImpliedArgs() []any { return l.args }
func (l *raftLog) Name() string       { return l.name }

func (l *raftLog) With(args ...any) hclog.Logger {
	next := *l
	next.args = slices.Concat(l.args, args)
	return &next
}

func (l *raftLog) Named(name string) hclog.Logger { return l.ResetNamed(name) }

func (l *raftLog) ResetNamed(name string) hclog.Logger {
	next := *l
	next.name = name
	return &next
}

func (l *raftLog) SetLevel(hclog.Level)  {}
func (l *raftLog) GetLevel() hclog.Level { return hclog.Info }

func (l *raftLog) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(l.StandardWriter(o), "", 0)
}

func (l *raftLog) StandardWriter(*hclog.StandardLoggerOptions) io.Writer { return io.Discard }
