package pebblestore

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// pebbleLogger hands Pebble's log lines to slog, and its fatal errors to
// fatal. Pebble's account of its own work is for debugging only.
type pebbleLogger struct {
	log   *slog.Logger
	fatal func(error)
}

func (l pebbleLogger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (l pebbleLogger) Errorf(format string, args ...any) {
	l.log.Error(fmt.Sprintf(format, args...))
}

func (l pebbleLogger) Fatalf(format string, args ...any) {
	l.fatal(fmt.Errorf(format, args...))
}

// eventListener reports what an operator should know. Damage found in a table
// does not end the process, as it would by default: it concerns some rooms,
// and Load says which.
func eventListener(log *slog.Logger, m *storeMetrics) *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			m.backgroundErrors.Inc()
			log.Error("background work went wrong", "err", err)
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			m.damaged.Inc()
			log.Error("damaged table", "path", info.Path, "err", info.Details)
		},
		DiskSlow: func(info pebble.DiskSlowInfo) {
			log.Warn("slow disk", "path", info.Path, "op", info.OpType.String(), "took", info.Duration)
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			m.stalls.Inc()
			log.Warn("writes wait for compaction", "reason", info.Reason)
		},
		WriteStallEnd: func() { log.Info("writes go on") },
		LowDiskSpace: func(info pebble.LowDiskSpaceInfo) {
			log.Warn("little disk space left", "available_bytes", info.AvailBytes, "total_bytes", info.TotalBytes)
		},
	}
}
