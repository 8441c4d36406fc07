package kafka

import (
	"log/slog"
	"sync"
	"time"
)

// calm is how long nothing may fail before an outage counts as over: where some
// of the brokers are away, some attempts succeed all the time.
const calm = 10 * time.Second

// outage tells the log when something begins to fail and when it works again,
// and not each time.
type outage struct {
	log  *slog.Logger
	what string // that fails

	mu   sync.Mutex
	on   bool      // guarded by mu
	last time.Time // guarded by mu; of the newest failure
}

// note takes the outcome of one attempt.
func (o *outage) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err != nil:
		o.last = time.Now()
		if !o.on {
			o.on = true
			o.log.Warn("outage: "+o.what, "err", err)
		}
	case o.on && time.Since(o.last) >= calm:
		o.on = false
		o.log.Info("outage over: " + o.what)
	}
}
