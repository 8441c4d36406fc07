package serve

import (
	"os"
	"strings"
	"testing"
)

// TestServeRefusesAccess gives tokens, Kafka and webhooks values that make no sense
// together, and files that can't be used.
func TestServeRefusesAccess(t *testing.T) {
	secret := writeFile(t, "secret", strings.Repeat("s", 32))
	short := writeFile(t, "short", strings.Repeat("s", 31))
	open := writeFile(t, "open", strings.Repeat("s", 32))
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	pem := writeFile(t, "key.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
	page := writeFile(t, "page.json", "<html><title>502 Bad Gateway</title></html>\n")
	nothing := writeFile(t, "nothing.json", "")
	args := func(args ...string) []string { return args }
	kafka := func(more ...string) []string { return append([]string{"--kafka-brokers", "k:9092"}, more...) }
	checkRefusals(t, []refusal{
		{"short secret", args("--jwt-key-file", short), nil, []string{"jwt-key-file: "}},
		{"secret open to others", args("--jwt-key-file", open), nil, []string{"jwt-key-file: read keys of tokens: " + open + ": unusable key: " + exposed}},
		{"key that is none", args("--jwt-key-file", pem), nil, []string{"jwt-key-file: "}},
		{"key file that is not there", args("--jwks-file", "/does/not/exist"), nil, []string{"jwks-file: "}},
		{"JWK set that is a secret", args("--jwks-file", secret), nil, []string{"jwks-file: "}},
		{"JWK set that is none", args("--jwks-file", page), nil, []string{"jwks-file: "}},
		{"nothing for a JWK set", args("--jwks-file", nothing), nil, []string{"jwks-file: "}},
		{"admin beyond loopback with tokens", args("--jwt-key-file", secret, "--admin", ":1"), nil, []string{"admin: "}},
		{"issuer without keys", args("--jwt-issuer", "i"), nil, []string{"jwt-issuer: is of use only with tokens"}},
		{"anonymous without keys", args("--anonymous", "none"), nil, []string{"anonymous: is of use only with tokens"}},
		{"one stream a user without keys", args("--one-stream-per-user"), nil, []string{"one-stream-per-user: is of use only with tokens"}},
		{"anonymous", args("--anonymous", "maybe"), nil, []string{"anonymous: "}},
		{"proxy", args("--trusted-proxy", "10.0.0.0/33"), nil, []string{"trusted-proxy: "}},
		{"no streams", args("--streams-per-token", "0"), nil, []string{"streams-per-token: "}},
		{"negative rate", args("--publish-rate", "-1"), nil, []string{"publish-rate: "}},

		{"topic without brokers", args("--kafka-topic", "t"), nil, []string{"kafka-topic: is of use only with kafka-brokers"}},
		{"broker without a port", args("--kafka-brokers", "k"), nil, []string{"kafka-brokers: "}},
		{"round for ever", kafka("--kafka-topic", "t", "--kafka-consume", "t"), nil, []string{"kafka-consume: "}},
		{"authorities without TLS", kafka("--kafka-ca-file", pem), nil, []string{"kafka-ca-file: is of use only with kafka-tls"}},
		{"authorities that are none", kafka("--kafka-tls", "--kafka-ca-file", pem), nil, []string{"kafka-tls: "}},
		{"certificate without its key", kafka("--kafka-tls", "--kafka-cert-file", pem), nil, []string{"kafka-cert-file: is of use only with kafka-key-file"}},
		{"password for all to see", kafka("--kafka-sasl", "plain", "--kafka-user", "u", "--kafka-password-file", secret), nil, []string{"kafka-sasl: plain shows"}},
		{"SASL without a user", kafka("--kafka-sasl", "scram-sha-256", "--kafka-password-file", secret), nil, []string{"kafka-sasl: is of use only with kafka-user"}},
		{"password open to others", kafka("--kafka-sasl", "scram-sha-256", "--kafka-user", "u", "--kafka-password-file", open), nil, []string{"kafka-password-file: can't use " + open + ": " + exposed}},
		{"another mechanism", kafka("--kafka-sasl", "gssapi"), nil, []string{"kafka-sasl: "}},

		{"webhook without a key", args("--webhook-url", "http://h"), nil, []string{"webhook-url: needs webhook-key-file"}},
		{"webhook with a short key", args("--webhook-url", "http://h", "--webhook-key-file", short), nil, []string{"webhook-key-file: "}},
		{"webhook of another sort", args("--webhook-url", "ftp://h", "--webhook-key-file", secret), nil, []string{"webhook-url: "}},
		{"key without a webhook", args("--webhook-key-file", secret), nil, []string{"webhook-key-file: is of use only with webhook-url"}},
	})
}
