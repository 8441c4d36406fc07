package actors

import (
	"sync"
	"time"
)

// overflowPause is the least time between two lines in the log on records that a
// sink lost.
const overflowPause = time.Minute

// overflow keeps count of records that were given up since more waited than may,
// between the lines in the log.
type overflow struct {
	mu     sync.Mutex
	told   time.Time // guarded by mu; when the newest line was due; zero for never
	untold int       // guarded by mu; records given up since
}

// add takes note of records, and returns how many the log is to be told of now; 0
// for none, as it was told a moment ago.
func (o *overflow) add(n int, now time.Time) (tell int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.untold += n
	if !o.told.IsZero() && now.Sub(o.told) < overflowPause {
		return 0
	}
	tell, o.told, o.untold = o.untold, now, 0
	return tell
}
