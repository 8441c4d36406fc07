package serve

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/kafka"
)

// load returns the configuration of parlor serve, whose standard output nobody
// reads.
func load(t *testing.T, args, environ []string) (config, error) {
	t.Helper()
	return loadConfig(Program{Environ: pure(environ)}, args, io.Discard)
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigDefaults(t *testing.T) {
	got, err := load(t, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if nodeName(got.node) != got.node {
		t.Errorf("default node is %q", got.node)
	}
	got.node = ""
	want := config{
		listen: "127.0.0.1:8080", admin: "127.0.0.1:8081", data: "./parlor-data",
		durability: "fsync", history: 10, update: 3 * time.Second, heartbeat: 15 * time.Second,
		queueMessages: 256, queueBytes: 256 << 10, slow: "close", idle: time.Minute, drain: 15 * time.Second,
		corsOrigins: []string{"*"}, access: access{anonymous: anonymousAll, streamsPerToken: 100},
		sinks:        sinkConfig{group: "parlor", bytes: 256 << 20},
		streamsPerIP: 1000, logFormat: "text", logLevel: slog.LevelInfo, readyFD: -1,
		clusterName: "parlor", expect: 1, roles: []string{"front", "room"}, replicas: 3, deadAfter: time.Second,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestConfigPrecedence(t *testing.T) {
	file := writeFile(t, "parlor.conf", `# a comment
history = 30      # and another
idle=30s
  data = /srv/with#hash and space
host = a.example
host = b.example, c.example
`)
	for _, tc := range []struct {
		name    string
		args    []string
		environ []string
		history int
	}{
		{"default", nil, nil, 10},
		{"file", []string{"--config", file}, nil, 30},
		{"file by environment", nil, []string{"PARLOR_CONFIG=" + file}, 30},
		{"environment", nil, []string{"PARLOR_HISTORY=20"}, 20},
		{"environment over file", []string{"--config", file}, []string{"PARLOR_HISTORY=20"}, 20},
		{"empty variable is none", []string{"--config", file}, []string{"PARLOR_HISTORY="}, 30},
		{"flag over both", []string{"--history", "40", "--config", file}, []string{"PARLOR_HISTORY=20"}, 40},
		{"the last flag", []string{"--history=40", "-history=50"}, nil, 50},
		{"a value that another hides is not judged", []string{"--history", "40"}, []string{"PARLOR_HISTORY=0"}, 40},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg, err := load(t, tc.args, tc.environ)
			if err != nil || cfg.history != tc.history {
				t.Errorf("history %d, want %d; error %v", cfg.history, tc.history, err)
			}
		})
	}

	cfg, err := load(t, []string{"--config", file}, []string{"PARLOR_IDLE=20s", "PARLOR_INSECURE=true", "PARLOR_SERVER=http://x"})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.idle != 20*time.Second || cfg.data != "/srv/with#hash and space" || !cfg.insecure {
		t.Errorf("got %+v", cfg)
	}
	if !reflect.DeepEqual(cfg.hosts, []string{"a.example", "b.example", "c.example"}) {
		t.Errorf("hosts are %q", cfg.hosts)
	}
	cfg, err = load(t, []string{"--config", file, "--host", "d.example"}, nil)
	if err != nil || !reflect.DeepEqual(cfg.hosts, []string{"d.example"}) {
		t.Errorf("a flag does not replace the file's list: %q, %v", cfg.hosts, err)
	}
}

// TestConfigEverySetting sets each by each source, to be sure that the table's
// rows set what they say.
func TestConfigEverySetting(t *testing.T) {
	certFile, keyFile := certificate(t)
	nodes := certDir(t, "n-1")
	secret := writeFile(t, "secret", strings.Repeat("s", 32)+"\n")
	webKey := writeFile(t, "key.json", `{"kty":"oct","k":"`+strings.Repeat("QUJD", 20)+`"}`)
	values := map[string]string{
		"listen": "[::1]:0", "admin": "off", "data": "/d", "node": "n-1", "durability": "quorum-memory", "history": "1000",
		"update": "0", "heartbeat": "1s", "queue-messages": "1", "queue-bytes": "1MB", "slow": "gap", "idle": "1h",
		"drain": "0s", "cors-origin": "https://a.example,http://b.example:81", "host": "a.example:80,[::1]",
		"insecure": "true", "tls-cert": certFile, "tls-key": keyFile, "streams-per-ip": "7", "max-connections": "9",
		"log-format": "json", "log-level": "warn", "ready-fd": "3",
		"cluster": "10.0.0.1:7946", "cluster-name": "c.1", "join": "10.0.0.1:7946,db.example:1", "expect": "5",
		"roles": "room", "replicas": "5", "dead-after": "300ms", "cluster-cert": nodes + "/n-1.pem",
		"cluster-key": nodes + "/n-1-key.pem", "cluster-ca": nodes + "/ca.pem", "gossip-key-file": nodes + "/gossip.key",
		"jwt-key-file": secret, "jwks-file": webKey, "jwt-issuer": "i", "jwt-audience": "a", "anonymous": "subscribe",
		"one-stream-per-user": "true", "trusted-proxy": "10.0.0.9/8,::1", "streams-per-token": "3", "streams-per-room": "4",
		"publish-rate": "5", "room-publish-rate": "6",
		"kafka-brokers": "k1:9092,k2:9092", "kafka-topic": "t", "kafka-consume": "c", "kafka-group": "g", "kafka-tls": "true",
		"kafka-ca-file": nodes + "/ca.pem", "kafka-cert-file": nodes + "/n-1.pem", "kafka-key-file": nodes + "/n-1-key.pem",
		"kafka-sasl": "scram-sha-512", "kafka-user": "u", "kafka-password-file": secret, "sink-bytes": "2MiB",
		"webhook-url": "https://hook.example/parlor", "webhook-key-file": secret, "webhook-joins": "true",
	}
	want := config{
		listen: "[::1]:0", data: "/d", node: "n-1", durability: "quorum-memory", history: 1000,
		heartbeat: time.Second, queueMessages: 1, queueBytes: 1e6, slow: "gap", idle: time.Hour,
		corsOrigins: []string{"https://a.example", "http://b.example:81"}, hosts: []string{"a.example:80", "[::1]"},
		insecure: true, tlsCert: certFile, tlsKey: keyFile, streamsPerIP: 7, maxConnections: 9,
		logFormat: "json", logLevel: slog.LevelWarn, readyFD: 3,
		cluster: "10.0.0.1:7946", clusterName: "c.1", join: []string{"10.0.0.1:7946", "db.example:1"}, expect: 5,
		roles: []string{"room"}, replicas: 5, deadAfter: 300 * time.Millisecond, clusterCert: nodes + "/n-1.pem",
		clusterKey: nodes + "/n-1-key.pem", clusterCA: nodes + "/ca.pem", gossipKeyFile: nodes + "/gossip.key",
		access: access{
			jwtKeyFiles: []string{secret}, jwksFiles: []string{webKey}, jwtIssuer: "i", jwtAudience: "a", anonymous: anonymousSubscribe, onePerUser: true,
			trustedProxies:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
			streamsPerToken: 3, streamsPerRoom: 4, publishRate: 5, roomPublishRate: 6,
		},
		sinks: sinkConfig{
			brokers: []string{"k1:9092", "k2:9092"}, topic: "t", consume: "c", group: "g", kafkaTLS: true,
			kafkaCA: nodes + "/ca.pem", kafkaCert: nodes + "/n-1.pem", kafkaKey: nodes + "/n-1-key.pem",
			sasl: "scram-sha-512", kafkaUser: "u", passwordFile: secret, bytes: 2 << 20,
			webhook: "https://hook.example/parlor", webhookKeyFile: secret, webhookJoins: true, hookKey: bytes.Repeat([]byte("s"), 32),
		},
	}
	var args, environ []string
	var file strings.Builder
	for _, s := range settings(Program{}) {
		if s.key == configKey {
			continue
		}
		value, ok := values[s.key]
		if !ok {
			t.Errorf("the test has no value for %s", s.key)
		}
		args = append(args, "--"+s.key+"="+value)
		environ = append(environ, s.env()+"="+value)
		file.WriteString(s.key + " = " + value + "\r\n")
	}
	path := writeFile(t, "all.conf", file.String())
	for name, source := range map[string]struct{ args, environ []string }{
		"flags":       {args: args},
		"environment": {environ: environ},
		"file":        {args: []string{"--config", path}},
	} {
		got, err := load(t, source.args, source.environ)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.certificate == nil {
			t.Errorf("%s: the certificate was not loaded", name)
		}
		got.certificate = nil
		if got.identity == nil || got.identity.Name() != "n-1" {
			t.Errorf("%s: the node's certificate was not loaded", name)
		}
		got.identity = nil
		if len(got.gossipKeys) != 1 || len(got.gossipKeys[0]) != 32 {
			t.Errorf("%s: gossip keys are %x", name, got.gossipKeys)
		}
		got.gossipKeys = nil
		if got.access.tokens == nil {
			t.Errorf("%s: the keys of tokens were not loaded", name)
		}
		got.access.tokens = nil
		if k := got.sinks.kafka; k.TLS == nil || len(k.TLS.Certificates) != 1 || k.SASL.Password != strings.Repeat("s", 32) || k.SASL.User != "u" || len(k.Brokers) != 2 {
			t.Errorf("%s: kafka is %v", name, k.SASL)
		}
		got.sinks.kafka = kafka.Config{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
}

// certificate writes a fresh key pair and returns the names of its files.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile = writeFile(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	keyFile = writeFile(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	return certFile, keyFile
}

func TestNodeName(t *testing.T) {
	for text, want := range map[string]string{
		"host-1.example_x": "host-1.example_x", "": "parlor", "a b/ü": "a-b---", strings.Repeat("x", 70): strings.Repeat("x", 64),
	} {
		if got := nodeName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "1b": 1, "2KB": 2000, "2KiB": 2048, "3 MiB": 3 << 20, "1mb": 1e6, "1GiB": 1 << 30, "1GB": 1e9,
		"": -1, "KiB": -1, "-1": -1, "1.5MiB": -1, "1K": -1, "1 TiB": -1, "99999999999999999999": -1,
		"9223372036854775807GiB": -1, "1KiB2": -1,
	} {
		got, err := parseSize(text)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestBeyondLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": false, "127.9.9.9:1": false, "[::1]:1": false, "localhost:1": false, "LOCALHOST:1": false,
		"[::ffff:127.0.0.1]:1": false,
		":1":                   true, "0.0.0.0:1": true, "[::]:1": true, "10.0.0.1:1": true, "127.0.0.1.example:1": true,
		"example.com:1": true, "localhost.example:1": true, "[::ffff:10.0.0.1]:1": true, "127.1:1": true, "nonsense": true,
	} {
		if got := beyondLoopback(addr); got != want {
			t.Errorf("%q: %v", addr, got)
		}
	}
}
