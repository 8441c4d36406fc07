package serve

import (
	"cmp"

	"github.com/parlor-sse/parlor/actors/kafka"
)

// sinkConfig is where messages and events of rooms go besides their streams, and
// where messages come from besides publishers.
type sinkConfig struct {
	brokers      []string // HOST:PORT; none for no Kafka
	topic        string   // that messages go to; empty for none
	defaultTopic string   // with brokers
	consume      string   // topic whose records are published; empty for none
	group        string   // consumer group
	kafkaTLS     bool
	kafkaCA      string // file; empty for the system's authorities
	kafkaCert    string // file; empty for no certificate of our own
	kafkaKey     string // file
	sasl         string // mechanism; empty for none
	kafkaUser    string
	passwordFile string

	bytes int // that may wait for a sink

	webhook        string // URL; empty for none
	webhookKeyFile string
	webhookJoins   bool

	kafka   kafka.Config // of all that
	hookKey []byte
}

// sinkSettings are about Kafka and webhooks.
func sinkSettings(p Program) []setting {
	return []setting{
		{"kafka-brokers", "ADDRESSES", "", "Kafka brokers, HOST:PORT, comma-separated or repeated; one is enough to find the others (default: no Kafka)", true,
			list(func(c *config) *[]string { return &c.sinks.brokers }, checkAddress)},
		{"kafka-topic", "NAME", "", "topic that gets every message once it is committed: at least once, a room's in order, keyed by room (default: " + cmp.Or(p.KafkaTopic, "none") + ")", false,
			text(func(c *config) *string { return &c.sinks.topic })},
		{"kafka-consume", "NAME", "", "topic whose records are published: to the room in their header room, else their key, else global (default: none)", false,
			text(func(c *config) *string { return &c.sinks.consume })},
		{"kafka-group", "NAME", kafka.DefaultGroup, "consumer group of all nodes that consume the topic", false,
			text(func(c *config) *string { return &c.sinks.group })},
		{"kafka-tls", "", "false", "speak TLS with the brokers", false,
			truth(func(c *config) *bool { return &c.sinks.kafkaTLS })},
		{"kafka-ca-file", "FILE", "", "authorities that vouch for brokers, PEM (default: the system's)", false,
			text(func(c *config) *string { return &c.sinks.kafkaCA })},
		{"kafka-cert-file", "FILE", "", "this node's certificate for brokers, PEM (default: none)", false,
			text(func(c *config) *string { return &c.sinks.kafkaCert })},
		{"kafka-key-file", "FILE", "", "private key of that certificate, PEM (default: none)", false,
			text(func(c *config) *string { return &c.sinks.kafkaKey })},
		{"kafka-sasl", "MECHANISM", "", "plain, scram-sha-256 or scram-sha-512 (default: no authentication)", false,
			oneOf(func(c *config) *string { return &c.sinks.sasl }, kafka.MechanismPlain, kafka.MechanismScramSHA256, kafka.MechanismScramSHA512)},
		{"kafka-user", "NAME", "", "user for kafka-sasl (default: none)", false,
			text(func(c *config) *string { return &c.sinks.kafkaUser })},
		{"kafka-password-file", "FILE", "", "file with the user's password (default: none)", false,
			text(func(c *config) *string { return &c.sinks.passwordFile })},
		{"sink-bytes", "SIZE", "256MiB", "what may wait for Kafka, or for the webhook, on this node; beyond it the rooms that keep most lose their oldest, counted", false,
			size(func(c *config) *int { return &c.sinks.bytes }, 1<<20, 1<<40)},
		{"webhook-url", "URL", "", "address that is told, by signed POSTs, of rooms' first and last streams (default: none)", false,
			text(func(c *config) *string { return &c.sinks.webhook })},
		{"webhook-key-file", "FILE", "", "key of the signatures, 32 bytes or more (default: none)", false,
			text(func(c *config) *string { return &c.sinks.webhookKeyFile })},
		{"webhook-joins", "", "false", "tell the webhook of every stream that opens or ends, too", false,
			truth(func(c *config) *bool { return &c.sinks.webhookJoins })},
	}
}
