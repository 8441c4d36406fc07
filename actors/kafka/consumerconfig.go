package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// DefaultGroup is the consumer group of a Consumer that names none.
const DefaultGroup = "parlor"

// DefaultPatience is how long one attempt to publish may take.
const DefaultPatience = 10 * time.Second

// ConsumerConfig configures a Consumer.
type ConsumerConfig struct {
	Config
	Topic    string // that records are read from
	Group    string // consumers of one group share the topic's partitions; empty: DefaultGroup
	Produced string // the topic that messages are produced to, which must be another; empty for none

	// Publish publishes to a room, as actors.System does. It is called from many
	// goroutines, and heeds its context. Required.
	Publish func(context.Context, actors.Publication) (actors.Receipt, error)

	Patience time.Duration // for one call of Publish; 0: DefaultPatience
}

// Validate reports everything that is wrong with the configuration.
func (c ConsumerConfig) Validate() error {
	errs := []error{c.Config.Validate(), checkTopic("Topic", c.Topic)}
	if c.Produced != "" && c.Produced == c.Topic {
		errs = append(errs, errors.New("kafka: what is produced to a topic must not be consumed from it: it would go round for ever"))
	}
	if c.Publish == nil {
		errs = append(errs, errors.New("kafka: Publish is required"))
	}
	if c.Patience < 0 {
		errs = append(errs, errors.New("kafka: Patience must not be negative"))
	}
	return errors.Join(errs...)
}

// withDefaults returns the configuration with everything set.
func (c ConsumerConfig) withDefaults() ConsumerConfig {
	if c.Group == "" {
		c.Group = DefaultGroup
	}
	if c.Patience == 0 {
		c.Patience = DefaultPatience
	}
	return c
}
