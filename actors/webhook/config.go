package webhook

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// Config says where hooks go. URL and Key have no default.
type Config struct {
	URL     string        // http or https; redirects are not followed
	Key     []byte        // of the signatures; MinKey bytes at least
	Timeout time.Duration // for one request, answer included; 0 for DefaultTimeout
	Logger  *slog.Logger  // told when deliveries begin and cease to fail; nil discards it
}

const (
	// MinKey is the least length of a key, in bytes.
	MinKey = 32
	// DefaultTimeout is for one request.
	DefaultTimeout = 10 * time.Second

	atOnce = 16   // requests under way
	queued = 1024 // deliveries that wait for one of them to end
)

// Validate reports everything that is wrong with the configuration. The error
// holds no part of the URL, which may contain a secret.
func (c Config) Validate() error {
	var errs []error
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, errors.New("webhook: the URL is not one of http or https"))
	}
	if len(c.Key) < MinKey {
		errs = append(errs, fmt.Errorf("webhook: the key has %d bytes, of %d at least", len(c.Key), MinKey))
	}
	if c.Timeout < 0 {
		errs = append(errs, errors.New("webhook: the timeout must not be negative"))
	}
	return errors.Join(errs...)
}
