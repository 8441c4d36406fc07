package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// DefaultProbe is how often it is looked whether a broker answers.
const DefaultProbe = 2 * time.Second

// dialTimeout bounds how long connecting to a broker may take, TLS included.
const dialTimeout = 5 * time.Second

// Config says how brokers are reached.
type Config struct {
	Brokers  []string      // HOST:PORT of one or more; the others are learned from them
	TLS      *tls.Config   // nil for plain TCP; see TLSFiles
	SASL     SASL          // zero for no authentication
	ClientID string        // for the brokers' logs and quotas; empty: "parlor"
	Probe    time.Duration // between two looks whether a broker answers; 0: DefaultProbe

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // nil for no metrics
}

// SASL says how a client authenticates itself to brokers.
type SASL struct {
	Mechanism string // one of Mechanisms; empty for none
	User      string
	Password  string `json:"-"`
}

// Mechanisms lists what SASL.Mechanism may be. MechanismPlain sends the password
// as it is, which wants TLS.
const (
	MechanismPlain       = "plain"
	MechanismScramSHA256 = "scram-sha-256"
	MechanismScramSHA512 = "scram-sha-512"
)

// LogValue implements slog.LogValuer: a password is never logged.
func (s SASL) LogValue() slog.Value {
	return slog.GroupValue(slog.String("mechanism", s.Mechanism), slog.String("user", s.User))
}

// String implements fmt.Stringer, without the password.
func (s SASL) String() string { return s.Mechanism + " as " + s.User }

// GoString implements fmt.GoStringer, without the password.
func (s SASL) GoString() string { return s.String() }

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("kafka: "+format, args...))
		}
	}
	check(len(c.Brokers) > 0, "Brokers is required")
	for _, b := range c.Brokers {
		check(isAddress(b), "broker %q is not HOST:PORT", b)
	}
	check(c.Probe >= 0, "Probe must not be negative")
	check(c.Logger != nil, "Logger is required")
	switch c.SASL.Mechanism {
	case "":
		check(c.SASL == SASL{}, "SASL wants a Mechanism")
	case MechanismPlain, MechanismScramSHA256, MechanismScramSHA512:
		check(c.SASL.User != "" && c.SASL.Password != "", "SASL wants User and Password")
	default:
		check(false, "SASL mechanism %q is none of %s, %s, %s", c.SASL.Mechanism, MechanismPlain, MechanismScramSHA256, MechanismScramSHA512)
	}
	return errors.Join(errs...)
}

func isAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 1 && n <= 65535
}

// maxTopicLen bounds the name of a topic, in bytes, as brokers do.
const maxTopicLen = 249

// checkTopic reports what brokers would not take as the name of a topic.
func checkTopic(field, name string) error {
	strange := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r))
	}
	if name == "" || len(name) > maxTopicLen || name == "." || name == ".." || strings.ContainsFunc(name, strange) {
		return fmt.Errorf("kafka: %s %q is not 1 to %d of A-Z a-z 0-9 . _ -", field, name, maxTopicLen)
	}
	return nil
}

// ClientOptions returns the options that make a client of these brokers: for
// programs that read or write topics of their own. The configuration is valid.
func (c Config) ClientOptions() []kgo.Opt {
	id := c.ClientID
	if id == "" {
		id = "parlor"
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(id),
		kgo.DialTimeout(dialTimeout),
		// Brokers that make topics as they are asked for make these.
		kgo.AllowAutoTopicCreation(),
		// Nothing is told to brokers that they need not know.
		kgo.DisableClientMetrics(),
	}
	if c.TLS != nil {
		opts = append(opts, kgo.DialTLSConfig(c.TLS.Clone()))
	}
	switch s := c.SASL; s.Mechanism {
	case MechanismPlain:
		opts = append(opts, kgo.SASL(plain.Auth{User: s.User, Pass: s.Password}.AsMechanism()))
	case MechanismScramSHA256:
		opts = append(opts, kgo.SASL(scram.Auth{User: s.User, Pass: s.Password}.AsSha256Mechanism()))
	case MechanismScramSHA512:
		opts = append(opts, kgo.SASL(scram.Auth{User: s.User, Pass: s.Password}.AsSha512Mechanism()))
	}
	return opts
}

func (c Config) probe() time.Duration {
	if c.Probe == 0 {
		return DefaultProbe
	}
	return c.Probe
}
