package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka"
	"github.com/parlor-sse/parlor/actors/webhook"
	"github.com/parlor-sse/parlor/httpfront"
)

// flushMost bounds how long a node that stops waits for what is under way to
// Kafka. What is left its rooms' next owner delivers.
const flushMost = 5 * time.Second

// check refuses what does not fit together, and reads the files.
func (s *sinkConfig) check(refused map[string]bool, insecure bool) error {
	return errors.Join(s.checkKafka(refused), s.checkPassword(insecure), s.checkWebhook(refused))
}

// checkPassword refuses to send a password over a network as it is.
func (s *sinkConfig) checkPassword(insecure bool) error {
	if s.sasl != kafka.MechanismPlain || s.kafkaTLS || insecure || !slices.ContainsFunc(s.brokers, beyondLoopback) {
		return nil
	}
	return refuse("kafka-sasl", "plain shows the password to everybody on the way to the brokers; set kafka-tls, or insecure if that is meant")
}

func (s *sinkConfig) checkKafka(refused map[string]bool) error {
	if refused["kafka-brokers"] {
		return nil
	}
	var bad []error
	needs := func(key string, set bool, other string, there bool) {
		if set && !there && !refused[other] {
			bad = append(bad, refuse(key, "is of use only with %s; set that as well", other))
		}
	}
	there := len(s.brokers) > 0
	if there && s.topic == "" && !refused["kafka-topic"] {
		s.topic = s.defaultTopic
	}
	needs("kafka-topic", s.topic != "", "kafka-brokers", there)
	needs("kafka-consume", s.consume != "", "kafka-brokers", there)
	needs("kafka-tls", s.kafkaTLS, "kafka-brokers", there)
	needs("kafka-sasl", s.sasl != "", "kafka-brokers", there)
	needs("kafka-ca-file", s.kafkaCA != "", "kafka-tls", s.kafkaTLS)
	needs("kafka-cert-file", s.kafkaCert != "", "kafka-tls", s.kafkaTLS)
	needs("kafka-cert-file", s.kafkaCert != "", "kafka-key-file", s.kafkaKey != "")
	needs("kafka-key-file", s.kafkaKey != "", "kafka-cert-file", s.kafkaCert != "")
	needs("kafka-user", s.kafkaUser != "", "kafka-sasl", s.sasl != "")
	needs("kafka-sasl", s.sasl != "", "kafka-user", s.kafkaUser != "")
	needs("kafka-sasl", s.sasl != "", "kafka-password-file", s.passwordFile != "")
	needs("kafka-password-file", s.passwordFile != "", "kafka-sasl", s.sasl != "")
	if there && s.consume != "" && s.consume == s.topic {
		bad = append(bad, refuse("kafka-consume", "is the topic that messages go to; they would go round for ever"))
	}
	if there && len(bad) == 0 {
		bad = append(bad, s.loadKafka())
	}
	return errors.Join(bad...)
}

// loadKafka reads the files that Kafka needs.
func (s *sinkConfig) loadKafka() (err error) {
	s.kafka = kafka.Config{Brokers: s.brokers}
	if s.kafkaTLS {
		if s.kafka.TLS, err = kafka.TLSFiles(s.kafkaCA, s.kafkaCert, s.kafkaKey); err != nil {
			return refuse("kafka-tls", "%v", err)
		}
	}
	if s.sasl != "" {
		password, err := readSecret("kafka-password-file", s.passwordFile, 1)
		if err != nil {
			return err
		}
		s.kafka.SASL = kafka.SASL{Mechanism: s.sasl, User: s.kafkaUser, Password: string(password)}
	}
	return nil
}

func (s *sinkConfig) checkWebhook(refused map[string]bool) (err error) {
	switch {
	case refused["webhook-url"] || refused["webhook-key-file"]:
		return nil
	case s.webhook == "" && s.webhookKeyFile == "":
		return nil
	case s.webhook == "":
		return refuse("webhook-key-file", "is of use only with webhook-url; set that as well")
	case s.webhookKeyFile == "":
		return refuse("webhook-url", "needs webhook-key-file, by which who is told knows that it is this server that tells")
	}
	if s.hookKey, err = readSecret("webhook-key-file", s.webhookKeyFile, webhook.MinKey); err != nil {
		return err
	}
	if err := (webhook.Config{URL: s.webhook, Key: s.hookKey}).Validate(); err != nil {
		return refuse("webhook-url", "%s", strings.TrimPrefix(err.Error(), "webhook: "))
	}
	return nil
}

// openSinks makes what the rooms hand their messages and events to.
func (n *Node) openSinks(context.Context) error {
	s := &n.cfg.sinks
	s.kafka.Logger, s.kafka.Registerer = n.log, n.registry
	if len(s.brokers) > 0 && s.topic == "" && s.consume == "" {
		n.log.Warn("no message goes to Kafka, and none comes from there: set kafka-topic or kafka-consume")
	}
	if s.topic != "" {
		producer, err := kafka.OpenProducer(kafka.ProducerConfig{Config: s.kafka, Topic: s.topic})
		if err != nil {
			return fmt.Errorf("kafka: %w", err)
		}
		n.onClose(func() { n.closeKafka(producer.Close) })
		n.producer = producer
	}
	if s.webhook != "" {
		hooks, err := webhook.Open(webhook.Config{URL: s.webhook, Key: s.hookKey, Logger: n.log})
		if err != nil {
			return err
		}
		n.onClose(hooks.Close)
		n.hooks = hooks
	}
	return nil
}

func (n *Node) closeKafka(flush func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), flushMost)
	defer cancel()
	if err := flush(ctx); err != nil {
		n.log.Warn("kafka not closed cleanly", "err", err)
	}
}

// withSinks tells the rooms of their sinks.
func (n *Node) withSinks(cfg *actors.Config) {
	if n.producer != nil {
		cfg.Sink = n.producer
	}
	if n.hooks != nil {
		cfg.Hooks, cfg.HookJoins = n.hooks, n.cfg.sinks.webhookJoins
	}
	cfg.SinkBytes = int64(n.cfg.sinks.bytes)
}

// openConsumer begins to publish what comes from Kafka. It ends before the rooms.
func (n *Node) openConsumer(context.Context) error {
	s := &n.cfg.sinks
	if s.consume == "" {
		return nil
	}
	consumer, err := kafka.OpenConsumer(kafka.ConsumerConfig{
		Config: s.kafka, Topic: s.consume, Group: s.group, Produced: s.topic, Publish: n.rooms.Publish,
	})
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	n.onClose(func() { n.closeKafka(consumer.Close) })
	n.consumer = consumer
	return nil
}

// Kafka returns how the node reaches Kafka, for clients of the program's own, and
// the topic that messages go to, if there is one. It reports false for a node that
// has nothing to do with Kafka. Metrics of the configuration's clients are the
// program's business.
func (n *Node) Kafka() (cfg kafka.Config, topic string, ok bool) {
	cfg = n.cfg.sinks.kafka
	cfg.Registerer = nil
	return cfg, n.cfg.sinks.topic, len(cfg.Brokers) > 0
}

// kafkaStatus tells how the node stands with Kafka.
func (n *Node) kafkaStatus() httpfront.KafkaStatus {
	return httpfront.KafkaStatus{
		Producer: n.producer != nil && n.producer.Connected(),
		Consumer: n.consumer != nil && n.consumer.Connected(),
	}
}
