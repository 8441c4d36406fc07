package kafka

import (
	"errors"
	"time"
)

// Defaults of ProducerConfig.
const (
	DefaultDelivery      = 30 * time.Second
	DefaultBufferRecords = 16 << 10
	DefaultBufferBytes   = 32 << 20
)

// ProducerConfig configures a Producer.
type ProducerConfig struct {
	Config
	Topic string // that all messages go to

	Delivery      time.Duration // after which a delivery has failed; 0: DefaultDelivery
	BufferRecords int           // messages under way; 0: DefaultBufferRecords
	BufferBytes   int           // keys, values and headers under way; 0: DefaultBufferBytes
}

// Validate reports everything that is wrong with the configuration.
func (c ProducerConfig) Validate() error {
	errs := []error{c.Config.Validate(), checkTopic("Topic", c.Topic)}
	if c.Delivery < 0 || c.BufferRecords < 0 || c.BufferBytes < 0 {
		errs = append(errs, errors.New("kafka: Delivery, BufferRecords and BufferBytes must not be negative"))
	}
	return errors.Join(errs...)
}

// withDefaults returns the configuration with everything set.
func (c ProducerConfig) withDefaults() ProducerConfig {
	if c.Delivery == 0 {
		c.Delivery = DefaultDelivery
	}
	if c.BufferRecords == 0 {
		c.BufferRecords = DefaultBufferRecords
	}
	if c.BufferBytes == 0 {
		c.BufferBytes = DefaultBufferBytes
	}
	return c
}
