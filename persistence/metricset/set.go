// Package metricset makes the Prometheus metrics of one subsystem, registers
// them all or not at all, and takes them back.
package metricset

import (
	"errors"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Set is metrics of one subsystem that are registered together: all of them, or
// none. They count whether or not somebody registers them, which is cheaper than
// asking.
//
// A set is filled by one goroutine, before it is registered. Register and
// Unregister may be called from any.
type Set struct {
	subsystem string
	labels    prometheus.Labels
	all       []prometheus.Collector

	mu         sync.Mutex
	registerer prometheus.Registerer // guarded by mu; nil: not registered
}

// New returns an empty set. Names of its metrics are parlor_<subsystem>_<name>.
func New(subsystem string) *Set { return NewLabelled(subsystem, nil) }

// NewLabelled returns an empty set whose metrics all have the labels, for a
// subsystem of which there are several.
func NewLabelled(subsystem string, labels prometheus.Labels) *Set {
	return &Set{subsystem: subsystem, labels: labels}
}

// Add puts collectors of the caller's own into the set. Their names are what the
// caller made them.
func (s *Set) Add(c ...prometheus.Collector) { s.all = append(s.all, c...) }

// Include puts the metrics that another set has so far into this one, to be
// registered with it. The other one is not to be registered itself.
func (s *Set) Include(other *Set) { s.Add(other.all...) }

// Register registers the metrics with r, which nil lets be. On an error, that of
// a name that is taken as a rule, none of them is registered. A set that is
// registered must be unregistered before it can be again.
func (s *Set) Register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.registerer != nil {
		return errors.New("register metrics: they are registered already")
	}
	for i, c := range s.all {
		if err := r.Register(c); err != nil {
			unregister(r, s.all[:i])
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	s.registerer = r
	return nil
}

// Unregister takes back what Register registered, if it did. It may be called
// again.
func (s *Set) Unregister() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.registerer != nil {
		unregister(s.registerer, s.all)
		s.registerer = nil
	}
}

func unregister(r prometheus.Registerer, all []prometheus.Collector) {
	for _, c := range all {
		r.Unregister(c)
	}
}
