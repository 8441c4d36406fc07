package actors

import (
	"testing"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// TestRetryAlarm follows an alarm through all its failures.
func TestRetryAlarm(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	a := persistence.Alarm{At: now.UnixMilli()}
	for i, wait := range []time.Duration{2, 4, 8, 16, 32, 64} {
		a = retryAlarm(a, now)
		now = now.Add(wait * time.Second)
		if want := (persistence.Alarm{At: now.UnixMilli(), Retry: uint32(i + 1)}); a != want {
			t.Errorf("after %d failures it is %+v, want %+v", i+1, a, want)
		}
	}
	if a = retryAlarm(a, now); a != (persistence.Alarm{}) {
		t.Errorf("after %d failures it is %+v", MaxAlarmRetries+1, a)
	}
}
