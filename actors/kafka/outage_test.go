package kafka

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestOutage has attempts fail and succeed by turns: that is one outage, which is
// over when nothing has failed for a while.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := outage{log: slog.New(slog.NewTextHandler(&log, nil)), what: "trouble"}
		says := func(what string, begun, over int) {
			t.Helper()
			if strings.Count(log.String(), "outage: trouble") != begun || strings.Count(log.String(), "outage over: trouble") != over {
				t.Errorf("%s:\n%s", what, log.String())
			}
		}
		o.note(nil)
		says("nothing failed", 0, 0)
		for range 50 {
			o.note(errors.New("boom"))
			o.note(nil)
			time.Sleep(calm / 2)
		}
		o.note(nil)
		says("some fail", 1, 0)
		time.Sleep(calm / 2)
		o.note(nil)
		o.note(nil)
		says("none fails any more", 1, 1)
		o.note(errors.New("boom"))
		says("another one", 2, 1)
	})
}
