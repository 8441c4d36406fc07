package cli

import (
	"errors"
	"flag"
	"time"
)

const (
	leastInterval = time.Millisecond
	mostInterval  = 24 * time.Hour
)

// Interval defines a flag for a time between two events, of 1 ms to 24 h. What is in
// value is the default; about says between which, without the bounds.
func Interval(fs *flag.FlagSet, value *time.Duration, name, about string) {
	fs.Var((*interval)(value), name, about+", a `DURATION` of 1ms to 24h")
}

// interval implements flag.Value.
type interval time.Duration

func (i *interval) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < leastInterval || d > mostInterval {
		return errors.New("it is not a duration of 1ms to 24h, such as 2s")
	}
	*i = interval(d)
	return nil
}

func (i *interval) String() string { return time.Duration(*i).String() }
