package persistence

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// ErrBusy reports a commit queue that is full.
var ErrBusy = errors.New("commit queue is full")

// Owner is told what became of its writes, in the order it submitted them. Its
// dynamic type must be comparable: a pointer, as a rule.
type Owner interface {
	// Committed reports on the oldest n of the owner's writes that were not yet
	// reported: durable when err is nil, of unknown fate otherwise. It is called
	// from the commit goroutine and must not block.
	Committed(n int, err error)
}

// Defaults of CommitterConfig.
const (
	DefaultQueueWrites = 65_536
	DefaultQueueBytes  = 64 << 20
	DefaultBatchBytes  = 4 << 20
)

// CommitterConfig configures a Committer. Its zero value is a sensible
// configuration, but for Failed.
type CommitterConfig struct {
	// QueueWrites and QueueBytes bound the writes that were submitted and not
	// yet reported, the batch being committed among them. A write beyond either
	// is refused, unless insisted on. Zero: DefaultQueueWrites,
	// DefaultQueueBytes.
	QueueWrites int
	QueueBytes  int
	// BatchBytes bounds one batch, in bytes; a larger write is a batch of its
	// own. Zero: DefaultBatchBytes.
	BatchBytes int
	// Failed is called once, from the commit goroutine, after the store failed
	// and the owners were told. The process is expected to end: nothing is
	// committed from then on. It may be nil.
	Failed func(error)
	// Registerer takes the metrics. Nil: none are kept.
	Registerer prometheus.Registerer
}

// Validate reports every value out of bounds.
func (c CommitterConfig) Validate() error {
	var errs []error
	for _, v := range []struct {
		name  string
		value int
	}{{"queue writes", c.QueueWrites}, {"queue bytes", c.QueueBytes}, {"batch bytes", c.BatchBytes}} {
		if v.value < 0 {
			errs = append(errs, fmt.Errorf("%s: %d is negative", v.name, v.value))
		}
	}
	return errors.Join(errs...)
}

func (c CommitterConfig) withDefaults() CommitterConfig {
	if c.QueueWrites == 0 {
		c.QueueWrites = DefaultQueueWrites
	}
	if c.QueueBytes == 0 {
		c.QueueBytes = DefaultQueueBytes
	}
	if c.BatchBytes == 0 {
		c.BatchBytes = DefaultBatchBytes
	}
	return c
}
