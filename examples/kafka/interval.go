package main

import (
	"errors"
	"time"
)

// interval is the value of a flag: the time between two events.
type interval time.Duration

const (
	leastInterval = time.Millisecond
	mostInterval  = 24 * time.Hour
)

// Set implements flag.Value.
func (i *interval) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < leastInterval || d > mostInterval {
		return errors.New("it is not a duration of 1ms to 24h, such as 2s")
	}
	*i = interval(d)
	return nil
}

// String implements flag.Value.
func (i *interval) String() string { return time.Duration(*i).String() }
