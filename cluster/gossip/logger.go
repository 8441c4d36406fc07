package gossip

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"strings"
	"sync/atomic"
)

// maxLine bounds what is kept of a line, in bytes. Strangers write parts of it.
const maxLine = 512

// lineLogger takes memberlist's log, line by line, counts what only the log
// tells, and hands on what an operator should know, at most one line of a kind
// in a while. It may be written to from any goroutine.
type lineLogger struct {
	// Static after construction.
	log     *slog.Logger
	limit   *limiter
	metrics *metrics

	muted atomic.Bool // set when the gossip closes: what breaks then is meant to
}

// logger returns a log.Logger that writes to l.
func (l *lineLogger) logger() *log.Logger { return log.New(l, "", 0) }

// Write takes one line, as in "[WARN] memberlist: text".
func (l *lineLogger) Write(b []byte) (int, error) {
	if l.muted.Load() {
		return len(b), nil
	}
	line := shorten(string(bytes.TrimSpace(b)), maxLine)
	if _, rest, ok := strings.Cut(line, "] "); ok && line[0] == '[' {
		line = strings.TrimPrefix(rest, "memberlist: ")
	}
	v := judge(line)
	if v.level >= slog.LevelInfo {
		l.tell(v.level, v.text, sender(line), "detail", line)
	} else if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("memberlist", "line", line)
	}
	l.count(v) // last: who sees a count rise finds the line in the log
	return len(b), nil
}

func (l *lineLogger) count(v verdict) {
	if v.reason != "" {
		l.metrics.refused.WithLabelValues(v.reason).Inc()
	}
	switch v.event {
	case eventSuspicion:
		l.metrics.suspicions.Inc()
	case eventRefutation:
		l.metrics.refutations.Inc()
	case eventDrop:
		l.metrics.dropped.Inc()
	}
}

// tell logs text about who, unless it did so a short while ago.
func (l *lineLogger) tell(level slog.Level, text, who string, args ...any) {
	ok, suppressed := l.limit.allow(text, who)
	if !ok {
		return
	}
	if who != "" {
		args = append(args, "peer", who)
	}
	if suppressed > 0 {
		args = append(args, "suppressed", suppressed)
	}
	l.log.Log(context.Background(), level, text, args...)
}

// refuse tells of a refusal and counts it.
func (l *lineLogger) refuse(reason, text, who string, err error) {
	l.tell(slog.LevelWarn, text, who, "reason", reason, "err", err)
	l.metrics.refused.WithLabelValues(reason).Inc()
}

// sender returns the host that the line says the bytes came from, or nothing.
// The port is left out, because each stream has another one.
func sender(line string) string {
	_, from, ok := strings.Cut(line, "from=")
	if !ok {
		return ""
	}
	from, _, _ = strings.Cut(from, " ")
	i := strings.LastIndexByte(from, ':')
	if i < 0 {
		return ""
	}
	return from[:i]
}

// shorten returns at most the first n bytes of text.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "..."
}
