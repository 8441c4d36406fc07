package sseclients

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Config configures a Manager. The zero value is not valid; start from
// DefaultConfig.
type Config struct {
	// CheckInterval is how often streams are looked at for whether their time to
	// live is over: a stream outlives it by up to as much.
	CheckInterval time.Duration
	// Heartbeat is for how long a stream is silent before a comment is sent on
	// it, at the least; at the most it is twice as long. Without heartbeats a
	// client that vanished is only noticed with the next event. 0 means none.
	Heartbeat time.Duration
	// MaxClients bounds the open streams.
	MaxClients int
	// QueueEvents bounds the events that wait for one client.
	QueueEvents int
	// QueueBytes bounds the bytes that wait for one client, and so the size of
	// one event.
	QueueBytes int
	// AllowOrigin is sent as Access-Control-Allow-Origin unless a handler has set
	// that header before. Empty means that it is not sent.
	AllowOrigin string
}

// DefaultConfig returns the configuration that suits most.
func DefaultConfig() Config {
	return Config{
		CheckInterval: 30 * time.Second,
		Heartbeat:     15 * time.Second,
		MaxClients:    10_000,
		QueueEvents:   256,
		QueueBytes:    256 << 10,
	}
}

// minQueueBytes is the least that a queue can be bounded by.
const minQueueBytes = 1 << 10

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	if c.CheckInterval <= 0 {
		errs = append(errs, errors.New("sseclients: CheckInterval must be positive"))
	}
	if c.Heartbeat < 0 {
		errs = append(errs, errors.New("sseclients: Heartbeat must not be negative"))
	}
	if c.MaxClients < 1 {
		errs = append(errs, errors.New("sseclients: MaxClients must be at least 1"))
	}
	if c.QueueEvents < 1 {
		errs = append(errs, errors.New("sseclients: QueueEvents must be at least 1"))
	}
	if c.QueueBytes < minQueueBytes {
		errs = append(errs, fmt.Errorf("sseclients: QueueBytes must be at least %d", minQueueBytes))
	}
	if strings.ContainsAny(c.AllowOrigin, "\x00\r\n") {
		errs = append(errs, errors.New("sseclients: AllowOrigin must be one line"))
	}
	return errors.Join(errs...)
}

// allowOrigin sets the header on an answer that lacks it.
func (c Config) allowOrigin(h http.Header) {
	if c.AllowOrigin != "" && h.Get(headerAllowOrigin) == "" {
		h.Set(headerAllowOrigin, c.AllowOrigin)
	}
}
